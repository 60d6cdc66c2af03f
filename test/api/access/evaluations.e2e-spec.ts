import { absent, itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { startApp, useApp } from '../../support/app.js';
import { createCabledDatabase } from '../../support/cable.js';
import { refusals } from '../../support/errors.js';
import {
  createConnection,
  createEnabled,
  createOrganization,
  createUser,
  uniqueName,
  type CreatedOrganization,
} from '../../support/factories.js';
import type { Api } from '../../support/api.js';

const PATH = '/access/v1/evaluations';
const ASSIGNING = { assign_membership_on_login: true };
const SIGNUP = { ...ASSIGNING, is_signup_enabled: true };

interface Evaluation {
  decision: boolean;
  context: { reason?: string; membership?: string; user_id?: string; error?: { status: number; message: string } };
}

const LOGIN = { action: { name: 'login' } };

/** Organizations that share a connection, each with flags of its own, and the part of an evaluation that is about each. */
async function createOrganizations(api: Api, ...allFlags: object[]) {
  const connection = await createConnection(api, 'okta');
  const organizations = await Promise.all(
    allFlags.map((flags) =>
      createOrganization(api, { enabled_connections: [{ connection_id: connection.id, ...flags }] }),
    ),
  );
  return organizations.map((organization) => ({
    organization,
    connection,
    part: { resource: { type: 'organization', id: organization.id }, context: { connection: connection.id } },
  }));
}

describe('POST /access/v1/evaluations', () => {
  const app = useApp();

  const ask = (body: object) => app.api.post<{ evaluations: Evaluation[] }>(PATH, body);
  const reasons = (evaluations: Evaluation[]) => evaluations.map(({ decision, context }) => [decision, context.reason]);
  const membersOf = async ({ id }: CreatedOrganization) =>
    (await app.api.get<{ user_id: string }[]>(`/organizations/${id}/members`)).body.map(({ user_id }) => user_id);
  const newSubject = () => ({ type: 'user', id: `okta|${uniqueName('id')}` });

  const VALID = {
    subject: { type: 'user', id: 'okta|1' },
    action: { name: 'login' },
    resource: { type: 'organization', id: absent.organization },
    context: { connection: absent.connection },
  };
  const UNKNOWN = [false, 'connection_unknown'];

  itIsGuardedBy(app, { 'evaluate:logins': 200 }, (api) => api.post(PATH, { ...VALID, evaluations: [{}] }));

  const { subject: _, ...WITHOUT_SUBJECT } = VALID;

  it.each<[body: object, detail: string]>([
    [{}, "'Missing required property: subject'"],
    [{ evaluations: [] }, "'Missing required property: subject'"],
    [{ ...VALID, evaluations: {} }, "'Expected type array but found type object' on property evaluations"],
    [{ ...VALID, evaluations: [1] }, "'Expected type object but found type integer' on property evaluations"],
    [
      { ...VALID, evaluations: Array.from({ length: 101 }, () => ({})) },
      "'Array is too long (101), maximum 100' on property evaluations",
    ],
    [
      { ...WITHOUT_SUBJECT, evaluations: [VALID, {}] },
      "'Missing required property: subject' on property evaluations.1",
    ],
    [{ evaluations: [{ subject: VALID.subject }] }, "'Missing required property: action' on property evaluations.0"],
    [
      { ...VALID, evaluations: [{}, { action: { name: 1 } }] },
      "'Expected type string but found type integer' on property evaluations.1.action.name",
    ],
    [
      { ...VALID, evaluations: [{}, { context: {} }] },
      "'Missing required property: connection' on property evaluations.1.context",
    ],
    [
      { ...VALID, evaluations: [{}], options: { evaluations_semantic: 'some' } },
      "'No enum match for: some' on property options.evaluations_semantic",
    ],
    [{ ...VALID, evaluations: [{}], options: 1 }, "'Expected type object but found type integer' on property options"],
  ])('returns 400 for %.90j', async (body, detail) => {
    expectAnswer(await ask(body), refusals.invalidBody(detail));
  });

  it('makes no evaluation of a body that does not fit', async () => {
    const [world] = await createOrganizations(app.api, ASSIGNING);
    const fine = { ...LOGIN, subject: newSubject(), ...world!.part };
    const { status } = await ask({ evaluations: [fine, { ...fine, subject: undefined }] });
    expect([status, await membersOf(world!.organization)]).toEqual([400, []]);
  });

  it.each([undefined, []])('answers a request whose evaluations are %j as a single evaluation', async (evaluations) => {
    const [world] = await createOrganizations(app.api, {});
    const request = { ...LOGIN, subject: newSubject(), ...world!.part };
    const { body } = await app.api.post('/access/v1/evaluation', request);
    expectAnswer(await ask({ ...request, evaluations }), { status: 200, body });
  });

  it('answers all evaluations in order, each with its own values before those of the request', async () => {
    const [open, closed] = await createOrganizations(app.api, ASSIGNING, {});
    const subject = newSubject();
    const { status, body } = await ask({
      ...LOGIN,
      subject,
      ...open!.part,
      evaluations: [
        {},
        { ...closed!.part },
        { context: { connection: absent.connection } },
        { subject: { type: 'device', id: '1' } },
        { action: { name: 'signup' }, context: { connection: open!.connection.name } },
        {},
      ],
      options: { another_option: 'value' },
    });
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(['evaluations']);
    expect(reasons(body.evaluations)).toEqual([
      [true, 'membership_granted'],
      [false, 'not_a_member'],
      [false, 'connection_unknown'],
      [false, 'not_applicable'],
      [false, 'signup_not_enabled'],
      [true, 'member'],
    ]);
    expect([await membersOf(open!.organization), await membersOf(closed!.organization)]).toEqual([[subject.id], []]);
  });

  it('replaces the context of the request by that of the evaluation, a dry run too', async () => {
    const [one, other] = await createOrganizations(app.api, ASSIGNING, ASSIGNING);
    const subject = newSubject();
    const { body } = await ask({
      ...LOGIN,
      subject,
      context: { connection: one!.connection.id, dry_run: true },
      evaluations: [{ resource: one!.part.resource }, other!.part],
    });
    expect(body.evaluations.map(({ context }) => context.membership)).toEqual(['would_grant', 'granted']);
    expect([await membersOf(one!.organization), await membersOf(other!.organization)]).toEqual([[], [subject.id]]);
  });

  it('lets an evaluation see the changes of earlier ones', async () => {
    const { organization, connection } = await createEnabled(app.api, 'auth0', SIGNUP);
    const { body } = await ask({
      subject: { type: 'email', id: `${uniqueName('user')}@example.com` },
      resource: { type: 'organization', id: organization.id },
      context: { connection: connection.id },
      evaluations: ['login', 'signup', 'signup', 'login'].map((name) => ({ action: { name } })),
    });
    expect(reasons(body.evaluations)).toEqual([
      [false, 'user_unknown'],
      [true, 'signup_granted'],
      [false, 'user_exists'],
      [true, 'member'],
    ]);
    expect(await membersOf(organization)).toEqual([body.evaluations[1]!.context.user_id]);
  });

  it.each<[semantic: string, made: number]>([
    ['execute_all', 4],
    ['deny_on_first_deny', 2],
    ['permit_on_first_permit', 1],
  ])('makes no more evaluations than %s asks for', async (evaluations_semantic, made) => {
    const worlds = await createOrganizations(app.api, ASSIGNING, {}, ASSIGNING, {});
    const subject = newSubject();
    const { body } = await ask({
      ...LOGIN,
      subject,
      evaluations: worlds.map(({ part }) => part),
      options: { evaluations_semantic },
    });
    const all = [true, false, true, false];
    expect(body.evaluations.map(({ decision }) => decision)).toEqual(all.slice(0, made));
    const joined = await Promise.all(worlds.map(({ organization }) => membersOf(organization)));
    expect(joined).toEqual(all.map((isOpen, at) => (isOpen && at < made ? [subject.id] : [])));
  });

  it('continues after denials until the first permit', async () => {
    const worlds = await createOrganizations(app.api, {}, {}, ASSIGNING, ASSIGNING);
    const { body } = await ask({
      ...LOGIN,
      subject: newSubject(),
      evaluations: worlds.map(({ part }) => part),
      options: { evaluations_semantic: 'permit_on_first_permit' },
    });
    expect(body.evaluations.map(({ decision }) => decision)).toEqual([false, false, true]);
  });

  it('accepts 100 evaluations', async () => {
    const { body } = await ask({ ...VALID, evaluations: Array.from({ length: 100 }, () => ({})) });
    expect(reasons(body.evaluations)).toEqual(Array.from({ length: 100 }, () => UNKNOWN));
  });

  it.each<[semantic: string, made: boolean[]]>([
    ['execute_all', [true, false, true]],
    ['deny_on_first_deny', [true, false]],
  ])('says of an evaluation whose row is locked that it failed, and goes by %s', async (evaluations_semantic, made) => {
    const worlds = await createOrganizations(app.api, ASSIGNING, ASSIGNING, ASSIGNING);
    const subject = newSubject();
    await app.sql('BEGIN');
    await app.sql('SELECT FROM organizations WHERE id = $1 FOR UPDATE', [worlds[1]!.organization.id]);
    const answer = await ask({
      ...LOGIN,
      subject,
      evaluations: worlds.map(({ part }) => part),
      options: { evaluations_semantic },
    });
    await app.sql('ROLLBACK');
    expect(answer.body.evaluations.map(({ decision }) => decision)).toEqual(made);
    expect(answer.body.evaluations[1]).toEqual({
      decision: false,
      context: { error: { status: 503, message: 'The resource is locked by another change, try again' } },
    });
    const joined = await Promise.all(worlds.map(({ organization }) => membersOf(organization)));
    expect(joined).toEqual([true, false, made.length === 3].map((isIn) => (isIn ? [subject.id] : [])));
  });

  it('sends the request id of the gateway back', async () => {
    const headers = { 'x-request-id': 'uuid#17', 'content-type': 'application/json' };
    const answer = await app.api.request('POST', PATH, { headers, body: '{}' });
    expect([answer.status, answer.headers.get('x-request-id')]).toEqual([400, 'uuid#17']);
  });

  it('leaves no word of the body in the log', async () => {
    const [world] = await createOrganizations(app.api, ASSIGNING);
    const subject = { ...newSubject(), properties: { name: uniqueName('name') } };
    await ask({ ...LOGIN, subject, evaluations: [world!.part, world!.part] });
    const log = JSON.stringify(app.log.filter(({ path }) => path === PATH));
    expect(log).toContain(PATH);
    for (const word of [subject.id, subject.properties.name, world!.organization.id, world!.connection.id]) {
      expect(log).not.toContain(word);
    }
  });
});

describe('Evaluations whose database is away', () => {
  it('are 503 and no permit, and are made when it is back', async () => {
    const database = await createCabledDatabase();
    const { cable } = database;
    const { app, stop } = await startApp({ database });
    try {
      const { organization, connection } = await createEnabled(app.api, 'auth0', ASSIGNING);
      const { user_id } = await createUser(app.api, { connection: connection.name });
      const evaluation = {
        subject: { type: 'user', id: user_id },
        action: { name: 'login' },
        resource: { type: 'organization', id: organization.id },
        context: { connection: connection.id },
      };
      const several = { ...evaluation, evaluations: [{}, {}, {}] };
      await cable.cut();
      expectAnswer(await app.api.post('/access/v1/evaluation', evaluation), refusals.databaseUnavailable);
      expectAnswer(await app.api.post(PATH, several), refusals.databaseUnavailable);
      await cable.plugIn();
      expect((await app.api.get(`/organizations/${organization.id}/members`)).body).toEqual([]);
      const { body } = await app.api.post<{ evaluations: Evaluation[] }>(PATH, several);
      expect(body.evaluations.map(({ context }) => context.reason)).toEqual(['membership_granted', 'member', 'member']);
    } finally {
      await stop();
    }
  });
});

import { absent, itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { eventually } from '../../support/clock.js';
import { refusals } from '../../support/errors.js';
import {
  createEnabled,
  createUser,
  uniqueName,
  type CreatedConnection,
  type CreatedOrganization,
} from '../../support/factories.js';

const PATH = '/access/v1/evaluation';
const ASSIGNING = { assign_membership_on_login: true };
const SIGNUP = { ...ASSIGNING, is_signup_enabled: true };
const uniqueEmail = () => `${uniqueName('user')}@example.com`;

interface Evaluation {
  decision: boolean;
  context: { reason?: string; membership?: string; user_id?: string; trace?: { check: string }[] };
}

describe('POST /access/v1/evaluation', () => {
  const app = useApp();

  const ask = (body: object) => app.api.post<Evaluation>(PATH, body);
  const membersOf = async ({ id }: CreatedOrganization) =>
    (await app.api.get<{ user_id: string }[]>(`/organizations/${id}/members`)).body.map(({ user_id }) => user_id);
  const usersOf = async ({ name }: CreatedConnection) =>
    (await app.api.get<object[]>(`/users?connection=${name}`)).body;

  /** An organization with one connection with these flags, and a user of the connection. */
  async function createWorld(flags: object = {}, strategy = 'auth0') {
    const { organization, connection } = await createEnabled(app.api, strategy, flags);
    const user = await createUser(app.api, { connection: connection.name });
    const evaluation = {
      subject: { type: 'user', id: user.user_id },
      action: { name: 'login' },
      resource: { type: 'organization', id: organization.id },
      context: { connection: connection.id },
    };
    return { organization, connection, user, evaluation };
  }

  const VALID = {
    subject: { type: 'user', id: 'auth0|1' },
    action: { name: 'login' },
    resource: { type: 'organization', id: absent.organization },
    context: { connection: absent.connection },
  };

  itIsGuardedBy(app, { 'evaluate:logins': 200 }, (api) => api.post(PATH, VALID));

  it.each(['', 'Bearer', 'Basic YTpi', 'Bearer one two'])(
    'returns 401 and not 400 for the authorization header "%s", and says what is wanted',
    async (authorization) => {
      const answer = await app.api.as(undefined).request('POST', PATH, { headers: { authorization } });
      expectAnswer(answer, refusals.noToken);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    },
  );

  it('returns 401 for an invalid token, with WWW-Authenticate', async () => {
    const answer = await app.api.as('abc').post(PATH, VALID);
    expectAnswer(answer, refusals.invalidToken);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
  });

  it.each<[body: object, detail: string]>([
    [{}, "'Missing required property: subject'"],
    [{ ...VALID, subject: 'ada' }, "'Expected type object but found type string' on property subject"],
    [{ ...VALID, subject: { type: 'user' } }, "'Missing required property: id' on property subject"],
    [{ ...VALID, subject: { id: 'auth0|1' } }, "'Missing required property: type' on property subject"],
    [
      { ...VALID, subject: { type: 'user', id: 1 } },
      "'Expected type string but found type integer' on property subject.id",
    ],
    [
      { ...VALID, subject: { ...VALID.subject, properties: [] } },
      "'Expected type object but found type array' on property subject.properties",
    ],
    [
      { ...VALID, subject: { ...VALID.subject, properties: { email: 'ada' } } },
      "'Object didn't pass validation for format email: ada' on property subject.properties.email",
    ],
    [{ ...VALID, action: undefined }, "'Missing required property: action'"],
    [{ ...VALID, action: {} }, "'Missing required property: name' on property action"],
    [{ ...VALID, resource: undefined }, "'Missing required property: resource'"],
    [{ ...VALID, resource: { type: 'organization' } }, "'Missing required property: id' on property resource"],
    [
      { ...VALID, resource: { type: 'organization', id: 'a\0' } },
      "'Object didn't pass validation for format unicode' on property resource.id",
    ],
    [{ ...VALID, context: null }, "'Expected type object but found type null' on property context"],
    [{ ...VALID, context: undefined }, "'Missing required property: connection' on property context"],
    [
      { ...VALID, context: { ...VALID.context, dry_run: 'true' } },
      "'Expected type boolean but found type string' on property context.dry_run",
    ],
  ])('returns 400 for %.90j', async (body, detail) => {
    expectAnswer(await ask(body), refusals.invalidBody(detail));
  });

  it('allows a member, with the reason', async () => {
    const { organization, connection, user, evaluation } = await createWorld();
    await app.api.post(`/organizations/${organization.id}/members`, { members: [user.user_id] });
    expectAnswer(await ask(evaluation), {
      status: 200,
      body: {
        decision: true,
        context: {
          reason: 'member',
          membership: 'existing',
          organization: { id: organization.id, name: organization.name },
          user_id: user.user_id,
          trace: [
            { check: 'connection', result: 'passed', detail: `${connection.name} (${connection.id}), database` },
            { check: 'organization', result: 'passed', detail: `${organization.name} (${organization.id}), named` },
            { check: 'organization_connection', result: 'passed', detail: 'enabled' },
            { check: 'client', result: 'skipped', detail: 'none was named' },
            { check: 'user', result: 'passed', detail: `known as ${user.user_id}` },
            { check: 'membership', result: 'passed', detail: 'a member' },
          ],
        },
      },
    });
  });

  it('denies with the reason, and with the trace for operators of the gateway', async () => {
    const { organization, evaluation } = await createWorld();
    const detail = 'no member, and assign_membership_on_login is false';
    expect((await ask(evaluation)).body).toMatchObject({
      decision: false,
      context: {
        reason: 'not_a_member',
        reason_admin: { '403': `membership: ${detail}` },
        membership: 'none',
        trace: expect.arrayContaining([{ check: 'membership', result: 'failed', detail }]) as object[],
      },
    });
    expect(await membersOf(organization)).toEqual([]);
  });

  it('leaves out the organization and the user when there are none', async () => {
    expectAnswer(await ask(VALID), {
      status: 200,
      body: {
        decision: false,
        context: {
          reason: 'connection_unknown',
          reason_admin: { '403': 'connection: there is none of that id or name' },
          membership: 'none',
          trace: [{ check: 'connection', result: 'failed', detail: 'there is none of that id or name' }],
        },
      },
    });
  });

  it.each<[what: object, why: string]>([
    [{ subject: { type: 'device', id: 'auth0|1' } }, 'subject.type is neither user nor email'],
    [{ subject: { type: 'toString', id: 'auth0|1' } }, 'subject.type is neither user nor email'],
    [{ subject: { type: 'user', id: 'ada@example.com' } }, 'subject.id is not the id of a subject of the type user'],
    [{ subject: { type: 'email', id: 'auth0|1' } }, 'subject.id is not the id of a subject of the type email'],
    [{ action: { name: 'can_read' } }, 'action.name is neither login nor signup'],
    [{ resource: { type: 'document', id: '1' } }, 'resource.type is neither organization nor connection'],
  ])('denies what is not decided here: %j', async (part, why) => {
    expectAnswer(await ask({ ...VALID, ...part }), {
      status: 200,
      body: {
        decision: false,
        context: { reason: 'not_applicable', reason_admin: { '403': why }, membership: 'none', trace: [] },
      },
    });
  });

  it('decides the same about a connection, into the organization of the context or wherever they may come in', async () => {
    const { organization, connection, user, evaluation } = await createWorld(ASSIGNING);
    const resource = { type: 'connection', id: connection.name };
    const dry = { dry_run: true };
    const granted = {
      decision: true,
      context: { reason: 'membership_granted', organization: { id: organization.id } },
    };
    for (const context of [dry, { ...dry, organization: organization.name }]) {
      expect((await ask({ ...evaluation, resource, context })).body).toMatchObject(granted);
    }
    expect((await ask({ ...evaluation, resource, context: undefined })).body).toMatchObject(granted);
    expect(await membersOf(organization)).toEqual([user.user_id]);
  });

  it('uses the application in the context', async () => {
    const { connection, evaluation } = await createWorld(ASSIGNING);
    await app.api.patch(`/connections/${connection.id}`, { enabled_clients: ['portal'] });
    const from = (client_id: string) => ask({ ...evaluation, context: { ...evaluation.context, client_id } });
    expect((await from('shop')).body).toMatchObject({
      decision: false,
      context: { reason: 'connection_not_enabled_for_client' },
    });
    expect((await from('portal')).body).toMatchObject({ decision: true });
  });

  it('ignores unknown properties everywhere', async () => {
    const { evaluation } = await createWorld(ASSIGNING);
    const { subject, action, resource, context } = evaluation;
    const unknown = { constructor: 1, department: { name: ['Sales'] }, toString: null };
    const answer = await ask({
      subject: { ...subject, ...unknown, properties: { ...unknown, ip_address: '192.0.2.1' } },
      action: { ...action, properties: { method: 'GET' }, ...unknown },
      resource: { ...resource, properties: unknown, ...unknown },
      context: { ...context, time: '2026-01-11T12:00:00Z', ...unknown },
      ...unknown,
    });
    expect(answer).toMatchObject({ status: 200, body: { decision: true, context: { reason: 'membership_granted' } } });
  });

  it('matches the decision: an allowed user becomes a member in both APIs', async () => {
    const { organization, connection, user, evaluation } = await createWorld(ASSIGNING);
    expect((await ask(evaluation)).body).toMatchObject({
      decision: true,
      context: { reason: 'membership_granted', membership: 'granted', user_id: user.user_id },
    });
    expect(await membersOf(organization)).toEqual([user.user_id]);
    expect((await ask(evaluation)).body).toMatchObject({ decision: true, context: { reason: 'member' } });
    const request = { organization: organization.id, connection: connection.id, user: { user_id: user.user_id } };
    expect((await app.api.post('/login/decisions', { ...request, intent: 'login' })).body).toMatchObject({
      decision: 'allow',
      reason: 'member',
    });
  });

  it('creates the user of a trusted provider, with the properties', async () => {
    const { organization, connection } = await createEnabled(app.api, 'okta', ASSIGNING);
    const user_id = `okta|${uniqueName('id')}`;
    const properties = { email: uniqueEmail(), email_verified: true, name: 'Ada' };
    const { body } = await ask({
      subject: { type: 'user', id: user_id, properties },
      action: { name: 'login' },
      resource: { type: 'organization', id: organization.name },
      context: { connection: connection.name },
    });
    expect(body).toMatchObject({ decision: true, context: { reason: 'membership_granted', user_id } });
    expect(await usersOf(connection)).toMatchObject([{ user_id, ...properties }]);
    expect(await membersOf(organization)).toEqual([user_id]);
  });

  it('signs up a user by e-mail address, once', async () => {
    const { organization, evaluation } = await createWorld(SIGNUP);
    const signup = { ...evaluation, subject: { type: 'email', id: uniqueEmail() }, action: { name: 'signup' } };
    const { body } = await ask(signup);
    expect(body).toMatchObject({ decision: true, context: { reason: 'signup_granted', membership: 'granted' } });
    expect(await membersOf(organization)).toEqual([body.context.user_id]);
    expect((await ask(signup)).body).toMatchObject({ decision: false, context: { reason: 'user_exists' } });
  });

  it('uses the id of the subject, whatever the properties', async () => {
    const { user, evaluation } = await createWorld(ASSIGNING);
    const properties = { email: user.email, user_id: user.user_id };
    const subject = { type: 'email', id: uniqueEmail(), properties };
    expect((await ask({ ...evaluation, subject })).body).toMatchObject({
      decision: false,
      context: { reason: 'user_unknown' },
    });
  });

  it('writes nothing in a dry run', async () => {
    const { organization, connection, evaluation } = await createWorld(SIGNUP);
    const context = { ...evaluation.context, dry_run: true };
    const before = await usersOf(connection);
    expect((await ask({ ...evaluation, context })).body).toMatchObject({
      decision: true,
      context: { reason: 'membership_granted', membership: 'would_grant' },
    });
    const stranger = { subject: { type: 'email', id: uniqueEmail() }, action: { name: 'signup' } };
    expect((await ask({ ...evaluation, ...stranger, context })).body).toMatchObject({
      decision: true,
      context: { reason: 'signup_granted', membership: 'would_grant' },
    });
    expect([await membersOf(organization), await usersOf(connection)]).toEqual([[], before]);
  });

  it('gives one membership and 100 permits for 100 equal logins at once', async () => {
    const { organization, user, evaluation } = await createWorld(ASSIGNING);
    const answers = await Promise.all(Array.from({ length: 100 }, () => ask(evaluation)));
    expect(answers.filter(({ body }) => body.decision)).toHaveLength(100);
    expect(answers.filter(({ body }) => body.context.membership === 'granted')).toHaveLength(1);
    expect(await membersOf(organization)).toEqual([user.user_id]);
  });

  it('returns 503 when another change holds the row for too long', async () => {
    const { organization, evaluation } = await createWorld(ASSIGNING);
    await app.sql('BEGIN');
    await app.sql('SELECT FROM organizations WHERE id = $1 FOR UPDATE', [organization.id]);
    const answer = await ask(evaluation);
    await app.sql('ROLLBACK');
    expectAnswer(answer, refusals.rowLocked);
    expect(await membersOf(organization)).toEqual([]);
  });

  it.each([
    'bfe9eb29-ab87-4ca3-be83-a1d5d8305716',
    'uuid#17',
    'Root=1-67891233-abcdef',
    'a b"<script>',
    'x'.repeat(500),
  ])('sends the request id of the gateway back, whatever it looks like: %.40s', async (id) => {
    const headers = { 'x-request-id': id, 'content-type': 'application/json' };
    const init = { headers, body: JSON.stringify(VALID) };
    for (const [api, body, status] of [
      [app.api, init.body, 200],
      [app.api, '{', 400],
      [app.api, '[]', 400],
      [app.api.as(undefined), init.body, 401],
    ] as const) {
      const answer = await api.request('POST', PATH, { ...init, body });
      expect([answer.status, answer.headers.get('x-request-id')]).toEqual([status, id]);
    }
  });

  it('leaves no word of the body in the log', async () => {
    const { organization, connection } = await createEnabled(app.api, 'okta', ASSIGNING);
    const properties = { email: uniqueEmail(), name: uniqueName('name') };
    const evaluation = {
      subject: { type: 'user', id: `okta|${uniqueName('id')}`, properties },
      resource: { type: 'organization', id: organization.name },
      context: { connection: connection.name },
    };
    for (const name of ['login', 'signup', uniqueName('action')]) {
      await ask({ ...evaluation, action: { name } });
      const lines = () => Promise.resolve(app.log.filter(({ path }) => path === PATH));
      await eventually(lines, ({ length }) => length > 0);
      const words = [name, evaluation.subject.id, ...Object.values(properties), organization.name, connection.name];
      const log = JSON.stringify(await lines());
      expect(words.filter((word) => !['login', 'signup'].includes(word) && log.includes(word))).toEqual([]);
    }
  });
});

import { startApp, useApp } from '../support/app.js';
import type { Answer, Api } from '../support/api.js';
import { refusals } from '../support/errors.js';
import {
  createConnection,
  createEnabled,
  createOrganization,
  uniqueName,
  type CreatedConnection,
} from '../support/factories.js';

interface Row {
  connection_id: string;
  assign_membership_on_login: boolean;
  is_signup_enabled: boolean;
  show_as_button: boolean;
  connection: { name: string; strategy: string };
}

const VIEWS = ['enabled_connections', 'connections'] as const;

/** Repeats the items in order up to a count. */
const alternate = <T>(items: readonly T[], count: number): T[] =>
  Array.from({ length: count }, (_, at) => items[at % items.length]!);

const plain = ({ status, body }: Answer) => ({ status, body });
const ofStatus = (answers: Answer[], status: number) => answers.filter((answer) => answer.status === status);

describe('Many requests at once', () => {
  const app = useApp();
  // Of one row's changes each server does one at a time; with two it is Postgres that decides.
  let other: Api;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    const second = await startApp({ database: { url: app.databaseUrl, drop: () => Promise.resolve() } });
    ({ stop } = second);
    other = second.app.api;
  });
  afterAll(() => stop());

  const databaseRow = (connection: CreatedConnection, flags: Partial<Row>) => ({
    connection_id: connection.id,
    assign_membership_on_login: false,
    is_signup_enabled: false,
    show_as_button: true,
    connection: { name: connection.name, strategy: 'auth0' },
    ...flags,
  });
  const extra = (view: (typeof VIEWS)[number]) =>
    view === 'connections' ? { is_enabled: true, organization_access_level: 'none' } : {};

  it('leave each of 250 rows to exactly one of two PATCHes that contradict each other', async () => {
    const membershipOff = { assign_membership_on_login: false };
    const signupOn = { is_signup_enabled: true };
    const rows = await Promise.all(
      Array.from({ length: 250 }, () => createEnabled(app.api, 'auth0', { assign_membership_on_login: true })),
    );
    // Half the rows get them in one order and half in the other; all 500 are under way together.
    const answers = await Promise.all(
      rows.map(({ path }, at) => {
        const both = [membershipOff, signupOn];
        const servers = [app.api, other];
        return Promise.all(
          (at % 2 === 0 ? both : both.reverse()).map((body, which) => servers[which]!.patch<Row>(path, body)),
        );
      }),
    );

    const winners = answers.map((pair, at) => {
      const { connection } = rows[at]!;
      const [won, lost] = [...pair].sort((a, b) => a.status - b.status);
      expect(plain(lost!)).toEqual(refusals.signupNotSupported);
      const signup = won!.body.is_signup_enabled;
      expect(plain(won!)).toEqual({
        status: 200,
        body: databaseRow(connection, { assign_membership_on_login: signup, is_signup_enabled: signup }),
      });
      return won!.body;
    });
    expect(await Promise.all(rows.map(async ({ path }) => (await app.api.get(path)).body))).toEqual(winners);
  });

  it('leave one row within the rules when 500 PATCHes pull it both ways', async () => {
    const { path, connection } = await createEnabled(app.api, 'auth0', { assign_membership_on_login: true });
    const bodies = alternate<Partial<Row>>(
      [
        { assign_membership_on_login: false },
        { is_signup_enabled: true },
        { assign_membership_on_login: true },
        { is_signup_enabled: true },
        { is_signup_enabled: false },
      ],
      500,
    );
    const answers = await Promise.all(
      bodies.map((body, at) => (at % 2 === 0 ? app.api : other).patch<Row>(path, body)),
    );

    answers.forEach((answer, at) => {
      if (answer.status !== 200) return expect(plain(answer)).toEqual(refusals.signupNotSupported);
      const { assign_membership_on_login, is_signup_enabled } = answer.body;
      const flags = { assign_membership_on_login, is_signup_enabled };
      expect(answer.body).toEqual({ ...databaseRow(connection, flags), ...bodies[at] });
      expect(!is_signup_enabled || assign_membership_on_login).toBe(true);
    });
    // Both outcomes of the race were seen, or this would prove nothing.
    expect(ofStatus(answers, 200).length).toBeGreaterThan(0);
    expect(ofStatus(answers, 400).length).toBeGreaterThan(0);
    const after = await app.api.get<Row>(path);
    expect(!after.body.is_signup_enabled || after.body.assign_membership_on_login).toBe(true);
  });

  it.each(VIEWS)('add the same connection once: one 201 and forty-nine 409 on /%s', async (view) => {
    const [organization, connection] = await Promise.all([
      createOrganization(app.api),
      createConnection(app.api, 'auth0'),
    ]);
    const collection = `/organizations/${organization.id}/${view}`;
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => app.api.post(collection, { connection_id: connection.id })),
    );
    const row = { ...databaseRow(connection, {}), ...extra(view) };
    expect(ofStatus(answers, 201).map(plain)).toEqual([{ status: 201, body: row }]);
    expect(ofStatus(answers, 409).map(plain)).toEqual(
      Array.from({ length: 49 }, () => refusals.organizationConnectionExists),
    );
    expect((await app.api.get(collection)).body).toEqual([row]);
  });

  it('add the same connection once through both APIs together', async () => {
    const [organization, connection] = await Promise.all([
      createOrganization(app.api),
      createConnection(app.api, 'auth0'),
    ]);
    const answers = await Promise.all(
      alternate(VIEWS, 50).map((view) =>
        app.api.post(`/organizations/${organization.id}/${view}`, { connection_id: connection.id }),
      ),
    );
    expect(ofStatus(answers, 201)).toHaveLength(1);
    expect(ofStatus(answers, 409).map(plain)).toEqual(
      Array.from({ length: 49 }, () => refusals.organizationConnectionExists),
    );
  });

  it.each<[readonly string[]]>([[['enabled_connections']], [['connections']], [VIEWS]])(
    'stop at ten connections when thirty are added through %p',
    async (views) => {
      const organization = await createOrganization(app.api);
      const connections = await Promise.all(Array.from({ length: 30 }, () => createConnection(app.api, 'auth0')));
      const answers = await Promise.all(
        connections.map(({ id }, at) =>
          app.api.post<Row>(`/organizations/${organization.id}/${views[at % views.length]}`, { connection_id: id }),
        ),
      );
      expect(ofStatus(answers, 400).map(plain)).toEqual(
        Array.from({ length: 20 }, () => refusals.connectionLimitReached()),
      );
      const added = answers.flatMap(({ status }, at) => (status === 201 ? [connections[at]!] : []));
      expect(added).toHaveLength(10);
      const byId = (a: CreatedConnection, b: CreatedConnection) => (a.id < b.id ? -1 : 1);
      expect((await app.api.get(`/organizations/${organization.id}/enabled_connections`)).body).toEqual(
        added.sort(byId).map((connection) => databaseRow(connection, {})),
      );
    },
  );

  it('leave no row of a connection that is deleted while twenty organizations add it', async () => {
    const connection = await createConnection(app.api, 'auth0');
    const organizations = await Promise.all(Array.from({ length: 20 }, () => createOrganization(app.api)));
    const adding = (some: typeof organizations) =>
      some.map(({ id }, at) => app.api.post(`/organizations/${id}/${VIEWS[at % 2]}`, { connection_id: connection.id }));
    const [deleted, ...answers] = await Promise.all([
      ...adding(organizations.slice(0, 10)),
      app.api.delete(`/connections/${connection.id}`),
      ...adding(organizations.slice(10)),
    ]).then((all) => [all[10]!, ...all.slice(0, 10), ...all.slice(11)]);

    expect(deleted).toMatchObject({ status: 202 });
    for (const answer of answers) {
      if (answer.status !== 201) expect(plain(answer)).toEqual(refusals.connectionInBodyUnknown);
    }
    for (const { id } of organizations) {
      expect((await app.api.get(`/organizations/${id}/connections`)).body).toEqual([]);
    }
  });

  it('leave no row of an organization that is deleted while twenty connections are added to it', async () => {
    const organization = await createOrganization(app.api);
    const connections = await Promise.all(Array.from({ length: 20 }, () => createConnection(app.api, 'okta')));
    const collection = `/organizations/${organization.id}/connections`;
    const [deleted, ...answers] = await Promise.all([
      app.api.delete(`/organizations/${organization.id}`),
      ...connections.map(({ id }) => app.api.post(collection, { connection_id: id })),
    ]);

    expect(deleted).toMatchObject({ status: 204 });
    const expected = [refusals.organizationNotFound, refusals.connectionLimitReached()];
    for (const answer of answers) if (answer.status !== 201) expect(expected).toContainEqual(plain(answer));
    expect(plain(await app.api.get(collection))).toEqual(refusals.organizationNotFound);
    const left = await app.sql('SELECT FROM organization_connections WHERE organization_id = $1', [organization.id]);
    expect(left).toEqual([]);
  });

  it('make an organization with a connection that is being deleted, or refuse it, and nothing in between', async () => {
    const connection = await createConnection(app.api, 'okta');
    const names = Array.from({ length: 20 }, () => uniqueName('org'));
    const [, ...answers] = await Promise.all([
      app.api.delete(`/connections/${connection.id}`),
      ...names.map((name) =>
        app.api.post('/organizations', { name, enabled_connections: [{ connection_id: connection.id }] }),
      ),
    ]);
    for (const [at, answer] of answers.entries()) {
      if (answer.status !== 201) expect(plain(answer)).toEqual(refusals.connectionInBodyUnknown);
      const found = await app.api.get(`/organizations/name/${names[at]}`);
      expect(found.status).toBe(answer.status === 201 ? 200 : 404);
    }
    const left = await app.sql('SELECT FROM organization_connections WHERE connection_id = $1', [connection.id]);
    expect(left).toEqual([]);
  });

  it('give an organization name to one of twenty', async () => {
    const name = uniqueName('org');
    const answers = await Promise.all(Array.from({ length: 20 }, () => app.api.post('/organizations', { name })));
    expect(ofStatus(answers, 201)).toHaveLength(1);
    expect(ofStatus(answers, 409).map(plain)).toEqual(Array.from({ length: 19 }, () => refusals.organizationNameTaken));
  });

  it('give a connection name to one of twenty', async () => {
    const body = { name: uniqueName('con'), strategy: 'auth0' };
    const answers = await Promise.all(Array.from({ length: 20 }, () => app.api.post('/connections', body)));
    expect(ofStatus(answers, 201)).toHaveLength(1);
    expect(ofStatus(answers, 409).map(plain)).toEqual(Array.from({ length: 19 }, () => refusals.connectionNameTaken));
  });
});

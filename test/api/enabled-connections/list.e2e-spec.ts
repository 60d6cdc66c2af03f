import { absent, itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createConnection, createEnabled, createOrganization } from '../../support/factories.js';

describe('GET /organizations/{id}/enabled_connections', () => {
  const app = useApp();

  /** An organization with `count` enabled connections: their rows in the order of the list. */
  async function createRows(count: number): Promise<{ path: string; rows: unknown[] }> {
    const { id } = await createOrganization(app.api);
    const path = `/organizations/${id}/enabled_connections`;
    const connections = await Promise.all(Array.from({ length: count }, () => createConnection(app.api)));
    const rows = [];
    for (const connection of connections.sort((a, b) => (a.id < b.id ? -1 : 1))) {
      rows.push((await app.api.post(path, { connection_id: connection.id })).body);
    }
    return { path, rows };
  }

  itIsGuardedBy(app, { 'read:organization_connections': 404 }, (api) =>
    api.get(`/organizations/${absent.organization}/enabled_connections`),
  );

  it.each([
    ['page=-1', "'Value -1 is less than minimum 0' on property page"],
    ['per_page=0', "'Value 0 is less than minimum 1' on property per_page"],
    ['per_page=101', "'Value 101 is greater than maximum 100' on property per_page"],
    ['include_totals=yes', "'Expected type boolean but found type string' on property include_totals"],
    ['take=1', "'Additional properties not allowed: take'"],
    ['is_enabled=true', "'Additional properties not allowed: is_enabled'"],
  ])('returns 400 for ?%s', async (query, detail) => {
    const { path } = await createRows(0);
    expectAnswer(await app.api.get(`${path}?${query}`), refusals.invalidQuery(detail));
  });

  it('returns 400 for an organization id too long to be one', async () => {
    expectAnswer(
      await app.api.get(`/organizations/${'a'.repeat(51)}/enabled_connections`),
      refusals.invalidPath("'String is too long (51 chars), maximum 50' on property id"),
    );
  });

  it('returns 404 for an unknown organization', async () => {
    expectAnswer(
      await app.api.get(`/organizations/${absent.organization}/enabled_connections`),
      refusals.organizationNotFound,
    );
  });

  it('returns an empty list for an organization without connections', async () => {
    const { path } = await createRows(0);
    expectAnswer(await app.api.get(path), { status: 200, body: [] });
    expectAnswer(await app.api.get(`${path}?include_totals=true`), {
      status: 200,
      body: { start: 0, limit: 50, total: 0, enabled_connections: [] },
    });
  });

  it('returns whole rows, is_signup_enabled only for database connections', async () => {
    const { organization, connection } = await createEnabled(app.api, 'okta', { show_as_button: false });
    const database = await createConnection(app.api);
    const path = `/organizations/${organization.id}/enabled_connections`;
    await app.api.post(path, { connection_id: database.id });
    const rows = [
      {
        connection_id: connection.id,
        assign_membership_on_login: false,
        show_as_button: false,
        connection: { name: connection.name, strategy: 'okta' },
      },
      {
        connection_id: database.id,
        assign_membership_on_login: false,
        is_signup_enabled: false,
        show_as_button: true,
        connection: { name: database.name, strategy: 'auth0' },
      },
    ];
    const inOrder = rows.sort((a, b) => (a.connection_id < b.connection_id ? -1 : 1));
    expectAnswer(await app.api.get(path), { status: 200, body: inOrder });
  });

  it('returns the requested page, with and without totals, in the order of the connection ids', async () => {
    const { path, rows } = await createRows(3);
    expectAnswer(await app.api.get(path), { status: 200, body: rows });
    expectAnswer(await app.api.get(`${path}?page=1&per_page=2`), { status: 200, body: rows.slice(2) });
    expectAnswer(await app.api.get(`${path}?page=0&per_page=2&include_totals=true`), {
      status: 200,
      body: { start: 0, limit: 2, total: 3, enabled_connections: rows.slice(0, 2) },
    });
  });

  it('returns no rows past the end', async () => {
    const { path } = await createRows(2);
    expectAnswer(await app.api.get(`${path}?page=2147483647&per_page=100`), { status: 200, body: [] });
    expectAnswer(await app.api.get(`${path}?page=1&per_page=2&include_totals=true`), {
      status: 200,
      body: { start: 2, limit: 2, total: 2, enabled_connections: [] },
    });
  });

  it('leaves disabled rows out, of the totals too', async () => {
    const { path, rows } = await createRows(1);
    const { id } = await createConnection(app.api);
    await app.api.post(path.replace('enabled_connections', 'connections'), { connection_id: id, is_enabled: false });
    expectAnswer(await app.api.get(`${path}?include_totals=true`), {
      status: 200,
      body: { start: 0, limit: 50, total: 1, enabled_connections: rows },
    });
  });
});

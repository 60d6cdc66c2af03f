import { absent, itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createConnection, createOrganization } from '../../support/factories.js';

describe('GET /organizations/{id}/connections', () => {
  const app = useApp();

  /** An organization with a connection for each of the settings: their rows in the order of the list. */
  async function createRows(...settings: object[]): Promise<{ path: string; rows: unknown[] }> {
    const { id } = await createOrganization(app.api);
    const path = `/organizations/${id}/connections`;
    const connections = await Promise.all(settings.map(() => createConnection(app.api, 'okta')));
    connections.sort((a, b) => (a.id < b.id ? -1 : 1));
    const rows = [];
    for (const [at, fields] of settings.entries()) {
      rows.push((await app.api.post(path, { connection_id: connections[at]!.id, ...fields })).body);
    }
    return { path, rows };
  }

  itIsGuardedBy(app, { 'read:organization_connections': 404 }, (api) =>
    api.get(`/organizations/${absent.organization}/connections`),
  );

  it.each([
    ['page=-1', "'Value -1 is less than minimum 0' on property page"],
    ['per_page=0', "'Value 0 is less than minimum 1' on property per_page"],
    ['per_page=101', "'Value 101 is greater than maximum 100' on property per_page"],
    ['is_enabled=maybe', "'Expected type boolean but found type string' on property is_enabled"],
    ['is_enabled=true&is_enabled=false', "'Expected type boolean but found type array' on property is_enabled"],
    ['from=a', "'Additional properties not allowed: from'"],
  ])('returns 400 for ?%s', async (query, detail) => {
    const { path } = await createRows();
    expectAnswer(await app.api.get(`${path}?${query}`), refusals.invalidQuery(detail));
  });

  it('returns 400 for an organization id too long to be one', async () => {
    expectAnswer(
      await app.api.get(`/organizations/${'a'.repeat(51)}/connections`),
      refusals.invalidPath("'String is too long (51 chars), maximum 50' on property id"),
    );
  });

  it('returns 404 for an unknown organization', async () => {
    expectAnswer(await app.api.get(`/organizations/${absent.organization}/connections`), refusals.organizationNotFound);
  });

  it('returns an empty list for an organization without connections', async () => {
    const { path } = await createRows();
    expectAnswer(await app.api.get(path), { status: 200, body: [] });
    expectAnswer(await app.api.get(`${path}?include_totals=true`), {
      status: 200,
      body: { start: 0, limit: 50, total: 0, connections: [] },
    });
  });

  it('returns all rows, enabled or not, in the order of the connection ids', async () => {
    const { path, rows } = await createRows({}, { is_enabled: false }, { organization_connection_name: 'Staff' });
    expectAnswer(await app.api.get(path), { status: 200, body: rows });
    expectAnswer(await app.api.get(`${path}?page=1&per_page=2`), { status: 200, body: rows.slice(2) });
    expectAnswer(await app.api.get(`${path}?page=1&per_page=1&include_totals=true`), {
      status: 200,
      body: { start: 1, limit: 1, total: 3, connections: rows.slice(1, 2) },
    });
  });

  it('returns only the rows that are enabled, or only those that are not', async () => {
    const { path, rows } = await createRows({ is_enabled: false }, {}, { is_enabled: false });
    expectAnswer(await app.api.get(`${path}?is_enabled=true`), { status: 200, body: [rows[1]] });
    expectAnswer(await app.api.get(`${path}?is_enabled=false`), { status: 200, body: [rows[0], rows[2]] });
    expectAnswer(await app.api.get(`${path}?is_enabled=false&page=1&per_page=1&include_totals=true`), {
      status: 200,
      body: { start: 1, limit: 1, total: 2, connections: [rows[2]] },
    });
  });

  it('returns no rows past the end, and counts by the filter there too', async () => {
    const { path } = await createRows({ is_enabled: false }, {});
    expectAnswer(await app.api.get(`${path}?page=1`), { status: 200, body: [] });
    expectAnswer(await app.api.get(`${path}?page=1&include_totals=true&is_enabled=true`), {
      status: 200,
      body: { start: 50, limit: 50, total: 1, connections: [] },
    });
  });
});

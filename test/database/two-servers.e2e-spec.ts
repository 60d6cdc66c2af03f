import pg from 'pg';
import { Checkout } from '../process/checkout.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';

describe('Two servers started at once on an empty database', () => {
  let checkout: Checkout;
  let database: TestDatabase;

  beforeAll(async () => {
    [checkout, database] = await Promise.all([Checkout.create(), createDatabase('template0')]);
  });
  afterAll(async () => {
    await checkout.remove();
    await database.drop();
  });

  it('both start, with each migration applied once and one shared signing key', async () => {
    const env = { DATABASE_URL: database.url };
    const servers = [checkout.server(env), checkout.server(env)];
    const addresses = await Promise.all(servers.map((server) => server.listening()));

    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query<{ migration_name: string }>('SELECT migration_name FROM _prisma_migrations');
    await client.end();
    const names = rows.map((row) => row.migration_name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThan(0);

    // Each accepts what the other's key signed: a token is made once and shown to both.
    const token = (await checkout.vestibule(['token'], { PORT: '0', TLS_PORT: '0', ...env }).ended).stdout.trim();
    const [created, listed] = [addresses[0]!.http, addresses[1]!.http].map(
      (origin) => `${origin}/api/v2/organizations`,
    );
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const organization: unknown = await (
      await fetch(created!, { method: 'POST', headers, body: JSON.stringify({ name: 'acme' }) })
    ).json();
    expect(await (await fetch(listed!, { headers })).json()).toEqual([organization]);

    const outcomes = await Promise.all(servers.map((server) => server.stop()));
    expect(outcomes.map(({ code, stderr }) => ({ code, stderr }))).toEqual([
      { code: 0, stderr: '' },
      { code: 0, stderr: '' },
    ]);
  });
});

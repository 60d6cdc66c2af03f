import pg from 'pg';
import { eventually } from '../support/clock.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { Checkout } from './checkout.js';

const USERS = 8_000;

describe('A server that is killed while it removes the users of a connection that was deleted', () => {
  let checkout: Checkout;
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    [checkout, database] = await Promise.all([Checkout.create(), createDatabase()]);
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
  });
  afterAll(async () => {
    await checkout.remove();
    await client.end();
    await database.drop();
  });

  const env = () => ({ DATABASE_URL: database.url, PORT: '0', TLS_PORT: '0', PUBLIC_URL: 'https://vestibule.example' });

  async function left(id: string): Promise<{ users: number; connections: number }> {
    const { rows } = await client.query<{ users: number; connections: number }>(
      `SELECT (SELECT count(*) FROM users WHERE connection_id = $1)::int AS users,
              (SELECT count(*) FROM connections WHERE id = $1)::int AS connections`,
      [id],
    );
    return rows[0]!;
  }

  it('leaves them invisible, and the next server removes the rest', async () => {
    const token = (await checkout.vestibule(['token'], env()).ended).stdout.trim();
    const server = checkout.server(env());
    const { http } = await server.listening();
    const ask = (method: string, path: string, body?: object) =>
      fetch(`${http}/api/v2${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
        body: body && JSON.stringify(body),
      });
    const made = await ask('POST', '/connections', { name: 'large', strategy: 'auth0' });
    const { id } = (await made.json()) as { id: string };
    await client.query(
      `INSERT INTO users (user_id, connection_id, email)
       SELECT 'auth0|' || n, $1, n || '@example.com' FROM generate_series(1, $2::int) n`,
      [id, USERS],
    );
    // Whatever it does until it is killed, it cannot come to an end.
    await client.query('BEGIN');
    await client.query("SELECT FROM users WHERE user_id = 'auth0|1' FOR UPDATE");
    expect((await ask('DELETE', `/connections/${id}`)).status).toBe(202);
    expect((await ask('GET', '/users/auth0%7C1')).status).toBe(404);
    await eventually(
      () => left(id),
      ({ users }) => users < USERS,
    );
    await server.stop('SIGKILL');
    await client.query('ROLLBACK');
    const remaining = await left(id);
    expect(remaining.connections).toBe(1);
    expect(remaining.users).toBeGreaterThan(0);

    const next = checkout.server(env());
    await next.listening();
    expect(
      await eventually(
        () => left(id),
        ({ connections }) => connections === 0,
      ),
    ).toEqual({ users: 0, connections: 0 });
    await next.stop();
  });
});

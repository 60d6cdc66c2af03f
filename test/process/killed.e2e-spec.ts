import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { eventually } from '../support/clock.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { untilWaiting, whileCommitsWait } from '../support/locks.js';
import { Checkout, type Command } from './checkout.js';

describe('A server that is killed during a request with an idempotency key', () => {
  let checkout: Checkout;
  let database: TestDatabase;
  let client: pg.Client;
  let token: string;

  beforeAll(async () => {
    [checkout, database] = await Promise.all([Checkout.create(), createDatabase()]);
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    token = (await checkout.vestibule(['token'], env()).ended).stdout.trim();
  });
  afterAll(async () => {
    await checkout.remove();
    await client.end();
    await database.drop();
  });

  const env = () => ({ DATABASE_URL: database.url, PORT: '0', TLS_PORT: '0', PUBLIC_URL: 'https://vestibule.example' });
  const straight = {
    sql: async (text: string, values?: unknown[]) => (await client.query<Record<string, unknown>>(text, values)).rows,
  };

  async function started(): Promise<{ server: Command; create: (name: string, key: string) => Promise<Response> }> {
    const server = checkout.server(env());
    const { http } = await server.listening();
    const create = (name: string, key: string) =>
      fetch(`${http}/api/v2/organizations`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify({ name }),
      });
    return { server, create };
  }

  /** Asks the next server until the first request's transaction, of which Postgres may not know yet, is over. */
  async function againByTheNext(name: string, key: string): Promise<Response> {
    const { server, create } = await started();
    const answer = await eventually(
      () => create(name, key),
      ({ status }) => status !== 409,
    );
    const { rowCount } = await client.query('SELECT FROM organizations WHERE name = $1', [name]);
    expect({ status: answer.status, rowCount }).toEqual({ status: 201, rowCount: 1 });
    expect(await answer.json()).toMatchObject({ name });
    await server.stop();
    return answer;
  }

  it('has changed nothing when killed before the COMMIT, and the next server does it', async () => {
    const [name, key] = ['before-the-commit', randomUUID()];
    const { server, create } = await started();
    await client.query('BEGIN; LOCK TABLE idempotency_keys IN SHARE MODE');
    const gone = create(name, key).catch((error: Error) => error.message);
    await untilWaiting(straight);
    await server.stop('SIGKILL');
    expect(await gone).toBe('fetch failed');
    await client.query('ROLLBACK');
    const answer = await againByTheNext(name, key);
    expect(answer.headers.has('idempotency-replayed')).toBe(false);
  });

  it('has done it when killed after the COMMIT, and the next server replays the answer', async () => {
    const [name, key] = ['after-the-commit', randomUUID()];
    const { server, create } = await started();
    let gone: Promise<unknown> | undefined;
    await whileCommitsWait(straight, async () => {
      gone = create(name, key).catch((error: Error) => error.message);
      await untilWaiting(straight);
      await server.stop('SIGKILL');
    });
    expect(await gone).toBe('fetch failed');
    const answer = await againByTheNext(name, key);
    expect(answer.headers.get('idempotency-replayed')).toBe('true');
  });
});

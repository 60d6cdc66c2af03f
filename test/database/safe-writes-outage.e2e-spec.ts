import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { expectAnswer } from '../support/answers.js';
import type { Write } from '../support/api.js';
import { startApp, useApp, type TestApp } from '../support/app.js';
import { createCabledDatabase, type Cable } from '../support/cable.js';
import { eventually } from '../support/clock.js';
import { refusals } from '../support/errors.js';
import { createEnabled, uniqueName } from '../support/factories.js';
import { untilWaiting, whileCommitsWait, whileLocked } from '../support/locks.js';

describe('A server whose database goes away during a request with an idempotency key', () => {
  let cable: Cable;
  let app: TestApp;
  let stop: () => Promise<void>;
  let client: pg.Client;

  beforeAll(async () => {
    const database = await createCabledDatabase();
    ({ cable } = database);
    ({ app, stop } = await startApp({ database }));
    client = new pg.Client({ connectionString: database.straightUrl });
    await client.connect();
  });
  afterAll(async () => {
    await client.end();
    await stop();
  });

  /** Not over the cable. */
  const straight = {
    sql: async (text: string, values?: unknown[]) => (await client.query<Record<string, unknown>>(text, values)).rows,
  };
  const kept = async () => (await client.query('SELECT FROM idempotency_keys')).rowCount;
  const send = (write: Write, key: string) => app.api.sendWrite(write, { 'idempotency-key': key });
  const creation = (): Write => ({ method: 'POST', path: '/organizations', body: { name: uniqueName('org') } });
  /** As a client does that was told to try again. */
  const untilAnswered = (write: Write, key: string) =>
    eventually(
      () => send(write, key),
      ({ status }) => status < 500 && status !== 409,
    );

  it('returns 503, changes nothing, and succeeds when it is sent again', async () => {
    const { organization, path } = await createEnabled(app.api);
    const write: Write = { method: 'PATCH', path, body: { assign_membership_on_login: true } };
    const key = randomUUID();
    const before = await kept();
    const select = 'SELECT FROM organization_connections WHERE organization_id = $1';
    await whileLocked(straight, [select, organization.id], async () => {
      const running = send(write, key);
      await untilWaiting(straight);
      await cable.cut();
      expectAnswer(await running, refusals.databaseUnavailable);
      await cable.plugIn();
    });
    const again = await untilAnswered(write, key);
    expect(again).toMatchObject({ status: 200, body: { assign_membership_on_login: true } });
    expect(again.headers.has('idempotency-replayed')).toBe(false);
    expect(await kept()).toBe(before! + 1);
  });

  it('returns 503 when the COMMIT gets no answer, and replays the answer with the same key', async () => {
    const write = creation();
    const key = randomUUID();
    await whileCommitsWait(straight, async () => {
      const running = send(write, key);
      await untilWaiting(straight);
      await cable.cut();
      expectAnswer(await running, refusals.databaseUnavailable);
      await cable.plugIn();
    });
    const again = await untilAnswered(write, key);
    expect(again).toMatchObject({ status: 201, body: write.body! });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
  });

  it('returns 503 with Retry-After during an outage, and succeeds afterwards', async () => {
    const write = creation();
    const key = randomUUID();
    await cable.cut();
    const away = await send(write, key);
    expectAnswer(away, refusals.databaseUnavailable);
    expect(away.headers.get('retry-after')).toBe('1');
    await cable.plugIn();
    expect((await untilAnswered(write, key)).headers.has('idempotency-replayed')).toBe(false);
  });

  it('has as many connections as before afterwards', async () => {
    const writes = Array.from({ length: 40 }, creation);
    const answers = await Promise.all(writes.map((write) => send(write, randomUUID())));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 201));
  });
});

describe('A request that is one transaction', () => {
  const app = useApp();

  it('does not fail with a statement that was prepared before the schema changed', async () => {
    const { path } = await createEnabled(app.api);
    const write: Write = { method: 'PATCH', path, body: { assign_membership_on_login: true } };
    const everywhere = () =>
      Promise.all(
        Array.from({ length: 40 }, (_, at) =>
          app.api.sendWrite(
            write,
            at % 2 === 0 ? { 'vestibule-dry-run': 'true' } : { 'idempotency-key': randomUUID() },
          ),
        ),
      );
    const plain = await Promise.all(Array.from({ length: 40 }, () => app.api.sendWrite(write)));
    await everywhere();
    await app.sql('ALTER TABLE organization_connections ALTER organization_connection_name TYPE varchar(60)');
    const answers = await everywhere();
    expect(answers.map(({ status, body }) => ({ status, body }))).toEqual(
      answers.map(() => ({ status: 200, body: plain[0]!.body })),
    );
  });
});

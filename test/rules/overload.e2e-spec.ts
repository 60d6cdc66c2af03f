import { randomUUID } from 'node:crypto';
import { expectAnswer } from '../support/answers.js';
import type { Answer, Api } from '../support/api.js';
import { useApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/clock.js';
import { refusals } from '../support/errors.js';
import { createEnabled, createOrganization, createUser, uniqueName } from '../support/factories.js';
import { untilWaiting, whileLocked } from '../support/locks.js';
import { scrape, valuesOf } from '../support/metrics.js';

const ROWS = 'SELECT FROM organization_connections WHERE organization_id = ANY ($1)';

/** One after the other: just after its start a server may take longer than POOL_WAIT_MS here. */
async function createRows(api: Api, count: number) {
  const rows = [];
  for (let made = 0; made < count; made++) rows.push(await createEnabled(api));
  return rows;
}
const idsOf = (rows: readonly { organization: { id: string } }[]) => rows.map(({ organization }) => organization.id);
const change = (api: Api, path: string) => api.patch(path, { assign_membership_on_login: true });

function expectShed(answer: Answer): void {
  expectAnswer(answer, refusals.overloaded);
  expect(answer.headers.get('retry-after')).toBe('1');
}

const probes = (app: TestApp) =>
  Promise.all(['live', 'ready'].map(async (kind) => (await fetch(`${app.api.origin}/health/${kind}`)).status));

describe('A server all of whose connections wait for locked rows', () => {
  const app = useApp({ env: { DATABASE_POOL_SIZE: '4', POOL_WAIT_MS: '300', METRICS_PORT: '0' } });

  it('refuses what needs another one within POOL_WAIT_MS, and serves probes, hot reads and sign-ins', async () => {
    const rows = await createRows(app.api, 4);
    const free = await createEnabled(app.api, 'okta', { assign_membership_on_login: true });
    const user = await createUser(app.api, { connection: free.connection.name });
    const { body: before } = await app.api.get(free.path);
    const name = uniqueName('org');

    await whileLocked(app, [ROWS, idsOf(rows)], async () => {
      let givenUp = 0;
      const changing = rows.map(({ path }) => change(app.api, path).finally(() => givenUp++));
      await untilWaiting(app, 4);
      for (const refused of await Promise.all([
        change(app.api, free.path),
        app.api.get('/organizations'),
        app.api.post('/organizations', { name }),
      ])) {
        expectShed(refused);
      }
      expect(await probes(app)).toEqual([200, 200]);
      expectAnswer(await app.api.get(free.path), { status: 200, body: before });
      expect(await app.api.get(`/login/organizations/${free.organization.id}`)).toMatchObject({ status: 200 });
      const decide = (fields: object) =>
        app.api.post<{ reason: string }>('/login/decisions', {
          organization: free.organization.id,
          connection: free.connection.id,
          intent: 'login',
          ...fields,
        });
      const decisions = [
        await decide({ user: { user_id: user.user_id } }),
        await decide({ user: { user_id: user.user_id } }),
        await decide({ user: { email: 'new@example.com' } }),
      ];
      expect(decisions.map(({ body }) => body.reason)).toEqual(['membership_granted', 'member', 'membership_granted']);
      expect(givenUp).toBe(0);
      const shed = valuesOf(await scrape(app), 'vestibule_shed_total');
      // A background job that found no connection is counted too.
      expect(shed['connection']).toBeGreaterThanOrEqual(3);
      expect(shed['event_loop']).toBe(0);
      for (const answer of await Promise.all(changing)) expectAnswer(answer, refusals.rowLocked);
    });

    expectAnswer(await app.api.get(free.path), { status: 200, body: before });
    expect(await app.sql('SELECT FROM organizations WHERE name = $1', [name])).toEqual([]);
    const changed = await Promise.all([...rows, free].map(({ path }) => change(app.api, path)));
    expect(changed.map(({ status }) => status)).toEqual(changed.map(() => 200));
  });
});

describe('Dry runs and idempotent requests that wait for locked rows', () => {
  const app = useApp({ env: { DATABASE_POOL_SIZE: '4', POOL_WAIT_MS: '300' } });

  it('have every other one refused, with nothing done, and hold up no other request', async () => {
    const rows = await createRows(app.api, 2);
    const free = await createEnabled(app.api);
    const patch = (path: string) => ({ method: 'PATCH', path, body: { assign_membership_on_login: true } });
    const dryRun = { 'vestibule-dry-run': 'true' };
    const name = uniqueName('org');
    const creation = { method: 'POST', path: '/organizations', body: { name } };
    const key = { 'idempotency-key': randomUUID() };
    await whileLocked(app, [ROWS, idsOf(rows)], async () => {
      const waiting = rows.map(({ path }) => app.api.sendWrite(patch(path), dryRun));
      await untilWaiting(app, 2);
      expectShed(await app.api.sendWrite(patch(free.path), dryRun));
      expectShed(await app.api.sendWrite(creation, key));
      expect(await change(app.api, free.path)).toMatchObject({ status: 200 });
      expect(await app.api.get('/organizations')).toMatchObject({ status: 200 });
      for (const answer of await Promise.all(waiting)) expectAnswer(answer, refusals.rowLocked);
    });
    expect(await app.sql('SELECT FROM organizations WHERE name = $1', [name])).toEqual([]);
    expect(await app.api.sendWrite(patch(free.path), dryRun)).toMatchObject({ status: 200 });
    expect(await app.api.sendWrite(creation, key)).toMatchObject({ status: 201 });
  });
});

describe('A flood of changes of one locked row', () => {
  const app = useApp({ env: { DATABASE_POOL_SIZE: '4', POOL_WAIT_MS: '1000' } });

  it('leaves the connections to other requests, and changes nothing', async () => {
    const [locked] = await createRows(app.api, 1);
    const own = await createEnabled(app.api);
    await whileLocked(app, [ROWS, idsOf([locked!])], async () => {
      let isOver = false;
      const statuses: number[] = [];
      const flood = Array.from({ length: 50 }, async () => {
        while (!isOver) statuses.push((await change(app.api, locked!.path)).status);
      });
      try {
        await untilWaiting(app, 1);
        for (let round = 0; round < 5; round++) {
          const organization = await createOrganization(app.api);
          expect(await change(app.api, own.path)).toMatchObject({ status: 200 });
          expect(await app.api.get(`/organizations/${organization.id}`)).toMatchObject({ status: 200 });
          expect(await app.api.get('/users?include_totals=true')).toMatchObject({ status: 200 });
          expect(await app.api.delete(`/organizations/${organization.id}`)).toMatchObject({ status: 204 });
          expect(await probes(app)).toEqual([200, 200]);
        }
        await eventually(
          () => Promise.resolve(statuses.length),
          (answered) => answered > 50,
        );
      } finally {
        isOver = true;
        await Promise.all(flood);
      }
      expect([...new Set(statuses)]).toEqual([503]);
    });
    expect((await app.api.get(locked!.path)).body).toMatchObject({ assign_membership_on_login: false });
    expect(await change(app.api, locked!.path)).toMatchObject({ status: 200 });
  });
});

describe('A server whose event loop is late', () => {
  const app = useApp({ env: { METRICS_PORT: '0' }, deadlines: { eventLoopDelay: 50 } });

  /** Each turn of the event loop takes longer than the server tolerates, until the requests are answered. */
  async function whileLate<T>(requests: () => Promise<T>): Promise<T> {
    let isDone = false;
    const block = () => {
      const until = performance.now() + 100;
      while (performance.now() < until);
      if (!isDone) setImmediate(block);
    };
    block();
    return requests().finally(() => (isDone = true));
  }

  it('refuses requests, serves probes and sign-ins, and is as before afterwards', async () => {
    const { organization, path } = await createEnabled(app.api);
    const asks = () =>
      Promise.all([
        app.api.get(path),
        change(app.api, path),
        fetch(`${app.api.origin}/health/live`),
        app.api.get(`/login/organizations/${organization.id}`),
      ]);
    await whileLate(async () => {
      const [read, changed, live, prompt] = await eventually(asks, ([{ status }]) => status === 503);
      expectShed(read);
      expectShed(changed);
      expect([live.status, prompt.status]).toEqual([200, 200]);
    });
    await eventually(asks, ([{ status }]) => status === 200);
    const shed = valuesOf(await scrape(app), 'vestibule_shed_total');
    expect(shed['event_loop']).toBeGreaterThanOrEqual(2);
    expect(shed['connection']).toBe(0);
  });
});

import { randomUUID } from 'node:crypto';
import { expectAnswer } from '../support/answers.js';
import type { Answer, Api } from '../support/api.js';
import { useApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/clock.js';
import { refusals } from '../support/errors.js';
import { createConnection, createEnabled, createOrganization, uniqueName } from '../support/factories.js';
import { untilWaiting, whileLocked } from '../support/locks.js';
import { scrape, valuesOf } from '../support/metrics.js';

const ROWS = 'SELECT FROM organization_connections WHERE organization_id = ANY ($1)';

const callers = async (app: TestApp, ...names: string[]): Promise<Api[]> =>
  Promise.all(names.map(async (sub) => app.api.as(await app.issuer.token({ claims: { sub } }))));

/** One after the other: at its start a server may take longer than what somebody waits here. */
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

  it('refuses what else needs one, while those still wait, and does the rest as ever', async () => {
    const [one, other, third] = await callers(app, 'one@clients', 'other@clients', 'third@clients');
    const rows = await createRows(app.api, 4);
    const free = await createEnabled(app.api);
    const { body: before } = await app.api.get(free.path);
    const name = uniqueName('org');

    await whileLocked(app, [ROWS, idsOf(rows)], async () => {
      let givenUp = 0;
      const changing = rows.map(({ path }, at) => change(at < 3 ? one! : other!, path).finally(() => givenUp++));
      await untilWaiting(app, 4);
      for (const refused of await Promise.all([
        change(one!, free.path),
        change(third!, free.path),
        third!.get('/organizations'),
        third!.post('/organizations', { name }),
        third!.sendWrite(
          { method: 'POST', path: '/organizations', body: { name } },
          { 'idempotency-key': randomUUID() },
        ),
      ])) {
        expectShed(refused);
      }
      expect(await probes(app)).toEqual([200, 200]);
      expectAnswer(await one!.get(free.path), { status: 200, body: before });
      const shed = Object.values(valuesOf(await scrape(app), 'vestibule_shed_total'));
      expect(shed.reduce((sum, count) => sum + count)).toBe(5);
      expect(givenUp).toBe(0);
      for (const answer of await Promise.all(changing)) expectAnswer(answer, refusals.rowLocked);
    });

    expectAnswer(await app.api.get(free.path), { status: 200, body: before });
    expect(await app.sql('SELECT FROM organizations WHERE name = $1', [name])).toEqual([]);
    const changed = await Promise.all([...rows, free].map(({ path }) => change(third!, path)));
    expect(changed.map(({ status }) => status)).toEqual(changed.map(() => 200));
  });
});

describe('A flood of one caller', () => {
  const app = useApp({ env: { DATABASE_POOL_SIZE: '4', POOL_WAIT_MS: '1000' } });

  it('leaves another their share of the connections, and everything as before when it is over', async () => {
    const [flooding, quiet] = await callers(app, 'flooding@clients', 'quiet@clients');
    const rows = await createRows(app.api, 12);
    const own = await createEnabled(app.api);

    await whileLocked(app, [ROWS, idsOf(rows)], async () => {
      let isOver = false;
      const statuses: number[] = [];
      const flood = Array.from({ length: 50 }, async (_, at) => {
        while (!isOver) statuses.push((await change(flooding!, rows[at % rows.length]!.path)).status);
      });
      try {
        await untilWaiting(app, 3);
        for (let round = 0; round < 5; round++) {
          const organization = await createOrganization(quiet!);
          expect(await change(quiet!, own.path)).toMatchObject({ status: 200 });
          expect(await quiet!.get(`/organizations/${organization.id}`)).toMatchObject({ status: 200 });
          expect(await quiet!.get('/users?include_totals=true')).toMatchObject({ status: 200 });
          expect(await quiet!.delete(`/organizations/${organization.id}`)).toMatchObject({ status: 204 });
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

    const unchanged = await Promise.all(rows.map(({ path }) => app.api.get(path)));
    expect(unchanged.map(({ body }) => body)).toEqual(
      unchanged.map(() => expect.objectContaining({ assign_membership_on_login: false }) as unknown),
    );
    const answers = await Promise.all(rows.map(({ path }) => change(flooding!, path)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  });

  it('of dry runs leaves another their share of the transactions', async () => {
    const [flooding, quiet] = await callers(app, 'trying@clients', 'careful@clients');
    const rows = await createRows(app.api, 4);
    const dryRun = { 'vestibule-dry-run': 'true' };
    const patch = (path: string) => ({ method: 'PATCH', path, body: { assign_membership_on_login: true } });
    await whileLocked(app, [ROWS, idsOf(rows)], async () => {
      const flood = rows.map(({ path }) => flooding!.sendWrite(patch(path), dryRun));
      // Of the two that there are for such transactions.
      await untilWaiting(app, 2);
      const other = await createEnabled(quiet!);
      expectShed(await quiet!.sendWrite(patch(other.path), dryRun));
      for (const { status } of await Promise.all(flood)) expect(status).toBe(503);
      expect(await quiet!.sendWrite(patch(other.path), dryRun)).toMatchObject({ status: 200 });
    });
  });
});

describe('A line that is full', () => {
  const app = useApp({ env: { DATABASE_POOL_SIZE: '1', POOL_WAIT_MS: '60000' } });

  it('takes nobody else, who is refused at once, and those in it are served', async () => {
    const row = await createEnabled(app.api);
    const connection = await createConnection(app.api);
    const collection = `/organizations/${row.organization.id}/enabled_connections`;
    let waiting: Promise<Answer>[] = [];
    await whileLocked(app, [ROWS, [row.organization.id]], async () => {
      const changing = change(app.api, row.path);
      await untilWaiting(app, 1);
      let answered = 0;
      waiting = Array.from({ length: 96 }, () => app.api.get('/organizations').finally(() => answered++));
      const refused = await eventually(
        () => app.api.post(collection, { connection_id: connection.id }),
        ({ status }) => status === 503,
      );
      expectShed(refused);
      expect(answered).toBe(0);
      await changing;
    });
    for (const { status } of await Promise.all(waiting)) expect(status).toBe(200);
    expect(await app.api.post(collection, { connection_id: connection.id })).toMatchObject({ status: 201 });
  });
});

import { expectAnswer } from '../support/answers.js';
import { startApp, type TestApp } from '../support/app.js';
import { eventually, later } from '../support/clock.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { refusals } from '../support/errors.js';
import { uniqueName } from '../support/factories.js';
import { hasRedis, TestRedis } from '../support/redis.js';

const LIMITS = { RATE_LIMIT_READS_PER_MINUTE: '8', RATE_LIMIT_WRITES_PER_MINUTE: '3' };

/** Where the servers count together. */
interface Store {
  readonly env: Record<string, string>;
  goAway(): Promise<unknown>;
  comeBack(): Promise<unknown>;
  stop(): Promise<unknown>;
}

const inPostgres = (app: () => TestApp): Promise<Store> =>
  Promise.resolve({
    env: {},
    goAway: () => app().sql('ALTER TABLE rate_limits RENAME TO rate_limits_away'),
    comeBack: () => app().sql('ALTER TABLE rate_limits_away RENAME TO rate_limits'),
    stop: () => Promise.resolve(),
  });

async function inRedis(): Promise<Store> {
  const redis = await TestRedis.start();
  return {
    env: { REDIS_URL: redis.url },
    goAway: () => redis.goAway(),
    comeBack: () => redis.comeBack(),
    stop: () => redis.goAway(),
  };
}

describe.each([
  ['Postgres', true, inPostgres],
  // npm has no redis-server. Where the machine has none, the report says that these are still to be run.
  ['Redis', hasRedis, inRedis],
] as const)('limits that two servers count in %s', (_, isHere, start) => {
  if (!isHere) {
    it.todo('need redis-server on the PATH');
    return;
  }
  let database: TestDatabase;
  let store: Store;
  let one: TestApp;
  let other: TestApp;
  const stops: (() => Promise<unknown>)[] = [];
  beforeAll(async () => {
    database = await createDatabase();
    store = await start(() => one);
    const options = { env: { ...LIMITS, ...store.env }, database: { ...database, drop: () => Promise.resolve() } };
    for (const started of [await startApp(options), await startApp(options)]) {
      stops.push(started.stop);
      if (one === undefined) one = started.app;
      else other = started.app;
    }
  });
  afterAll(async () => {
    await Promise.all(stops.map((stop) => stop()));
    await store.stop();
    await database.drop();
  });

  /** Both servers, as a caller who has asked for nothing yet. */
  async function newCaller() {
    const token = await one.issuer.token({ claims: { sub: `${uniqueName('caller')}@clients` } });
    return [one.api.as(token), other.api.as(token)] as const;
  }
  const read = ([first, second]: Awaited<ReturnType<typeof newCaller>>, turn: number) =>
    (turn % 2 === 0 ? first : second).get('/organizations');

  it('let through what they say, of all servers together, and tell what is left', async () => {
    const caller = await newCaller();
    const began = Date.now() / 1000;
    for (let turn = 0; turn < 8; turn++) {
      const { status, headers } = await read(caller, turn);
      expect(status).toBe(200);
      expect(headers.get('x-ratelimit-limit')).toBe('8');
      expect(headers.get('x-ratelimit-remaining')).toBe(String(7 - turn));
      expect(headers.get('retry-after')).toBeNull();
    }
    for (let turn = 0; turn < 4; turn++) {
      const answer = await read(caller, turn);
      expectAnswer(answer, refusals.tooManyRequests);
      expect(answer.headers.get('x-ratelimit-limit')).toBe('8');
      expect(answer.headers.get('x-ratelimit-remaining')).toBe('0');
      const retryAfter = Number(answer.headers.get('retry-after'));
      expect(retryAfter).toBeGreaterThan(0);
      expect(retryAfter).toBeLessThanOrEqual(60);
      // What the SDKs read: seconds since 1970.
      const reset = Number(answer.headers.get('x-ratelimit-reset'));
      expect(reset).toBeGreaterThan(began);
      expect(reset).toBeLessThanOrEqual(Date.now() / 1000 + 61);
    }
  });

  it('count writes apart from reads', async () => {
    const [first, second] = await newCaller();
    const write = (api: typeof first) => api.post('/organizations', { name: uniqueName('org') });
    for (const api of [first, second, first]) {
      const { status, headers } = await write(api);
      expect([status, headers.get('x-ratelimit-limit')]).toEqual([201, '3']);
    }
    for (const api of [first, second]) expectAnswer(await write(api), refusals.tooManyRequests);
    expectAnswer(await second.patch('/organizations/org_0000000000000000', {}), refusals.tooManyRequests);
    for (let turn = 0; turn < 8; turn++) expect((await read([first, second], turn)).status).toBe(200);
  });

  it('let no more through when all come at once', async () => {
    const caller = await newCaller();
    const answers = await Promise.all(Array.from({ length: 40 }, (__, turn) => read(caller, turn)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(8);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(32);
  });

  it('begin anew when the minute is over', async () => {
    const caller = await newCaller();
    for (let turn = 0; turn < 9; turn++) await read(caller, turn);
    expect((await read(caller, 0)).status).toBe(429);
    await one.sql("UPDATE rate_limits SET resets_at = now() - interval '1 ms'");
    if (store.env['REDIS_URL'] !== undefined) await store.goAway().then(() => store.comeBack());
    await later(60_001, async () => {
      const { status, headers } = await eventually(
        () => read(caller, 0),
        (answer) => answer.headers.get('x-ratelimit-remaining') === '7',
      );
      expect([status, headers.get('x-ratelimit-limit')]).toEqual([200, '8']);
    });
  });

  it('hold nobody up while they cannot be counted, which each log tells once, and then hold again', async () => {
    // Loggers of Nest are those of the process, so that both servers may be in one of the logs.
    const told = () =>
      [...one.log, ...other.log].filter(({ context }) => context === 'RateLimit').map(({ msg }) => String(msg));
    const away = expect.stringMatching(/^Requests are not limited, nothing can be counted: /) as string;
    const before = told().length;
    const caller = await newCaller();
    await store.goAway();
    for (let turn = 0; turn < 24; turn++) expect((await read(caller, turn)).status).toBe(200);
    expect(told().slice(before)).toEqual([away, away]);
    await store.comeBack();
    await later(1_001, async () => {
      for (const api of caller) {
        await eventually(
          () => api.get('/organizations'),
          ({ status }) => status === 429,
        );
      }
    });
    const again = 'Requests are limited again';
    expect(told().slice(before)).toEqual([away, away, again, again]);
  });
});

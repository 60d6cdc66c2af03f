import { expectAnswer } from '../support/answers.js';
import type { Answer } from '../support/api.js';
import { startApp, useApp, type TestApp } from '../support/app.js';
import { createCabledDatabase, type Cable } from '../support/cable.js';
import { eventually } from '../support/clock.js';
import { createDatabase, withAdmin } from '../support/databases.js';
import { refusals } from '../support/errors.js';
import { createEnabled, createUser, uniqueName } from '../support/factories.js';

describe('A server whose database goes away', () => {
  let cable: Cable;
  let app: TestApp;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    const database = await createCabledDatabase();
    ({ cable } = database);
    ({ app, stop } = await startApp({ database }));
  });
  afterAll(() => stop());

  const health = async (kind: 'live' | 'ready') => {
    const response = await fetch(`${app.api.origin}/health/${kind}`);
    return { status: response.status, body: await response.json() };
  };
  /** An answer may be remembered for a second. */
  const readiness = (awaited: number) =>
    eventually(
      () => health('ready'),
      ({ status }) => status === awaited,
    );
  const OK = { status: 200, body: { status: 'ok' } };
  const UNAVAILABLE = { status: 503, body: { status: 'unavailable' } };

  it('logs it, returns 503, and recovers by itself', async () => {
    const name = uniqueName('org');
    expect(await app.api.post('/organizations', { name })).toMatchObject({ status: 201 });
    expect(await health('ready')).toEqual(OK);

    for (let outage = 0; outage < 2; outage++) {
      await cable.cut();
      expect(await readiness(503)).toEqual(UNAVAILABLE);
      expect(await health('live')).toEqual(OK);
      expectAnswer(await app.api.get(`/organizations/name/${name}`), refusals.databaseUnavailable);

      await cable.plugIn();
      expect(await readiness(200)).toEqual(OK);
      expect(await app.api.get(`/organizations/name/${name}`)).toMatchObject({ status: 200, body: { name } });
    }
    // Broken while idle or in use, none of the pool's connections is lost for good: as many requests at once still work.
    const answers = await Promise.all(Array.from({ length: 40 }, () => app.api.get(`/organizations/name/${name}`)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  });

  it('is not ready while the database does not answer, and recovers afterwards', async () => {
    const { path } = await createEnabled(app.api);
    const row = await app.api.get(path);
    cable.freeze();
    expect(await readiness(503)).toEqual(UNAVAILABLE);
    // On the connection for reads, which is silent; asked again on a fresh one.
    const reading = app.api.get(path);
    cable.thaw();
    expect(await reading).toMatchObject({ status: 200, body: row.body });
    expect(await readiness(200)).toEqual(OK);
  });
});

describe('The connection for reads', () => {
  const app = useApp();

  it('is replaced when it breaks, and its reads are sent again', async () => {
    const { path } = await createEnabled(app.api);
    const row = await app.api.get(path);
    for (let time = 0; time < 5; time++) {
      const reading = Array.from({ length: 20 }, () => app.api.get(path));
      await app.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'vestibule' AND datname = current_database() AND query LIKE '%FROM organization_connections oc JOIN%'",
      );
      const answers = await Promise.all(reading);
      expect(answers.map(({ status, body }) => ({ status, body }))).toEqual(
        answers.map(() => ({ status: 200, body: row.body })),
      );
    }
  });
});

describe('A refused row', () => {
  const app = useApp();
  const connections = () =>
    app.sql(
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'vestibule' AND datname = current_database() ORDER BY pid`,
    );

  it('does not close the connection', async () => {
    const taken = { name: uniqueName('con'), strategy: 'auth0' };
    expect(await app.api.post('/connections', taken)).toMatchObject({ status: 201 });
    await Promise.all(Array.from({ length: 40 }, () => app.api.get('/connections')));
    const before = await connections();
    const answers = await Promise.all(Array.from({ length: 40 }, () => app.api.post('/connections', taken)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 409));
    // The pool may have grown meanwhile.
    expect(await connections()).toEqual(expect.arrayContaining(before));
  });
});

describe('A change that Postgres cancels', () => {
  const app = useApp();

  it.each(['pg_cancel_backend', 'pg_terminate_backend'])(
    'by %s is answered with 503 and leaves the row and the server as they were',
    async (breakOff) => {
      const { organization, path } = await createEnabled(app.api);
      const { body: before } = await app.api.get(path);
      await app.sql('BEGIN');
      try {
        await app.sql('SELECT FROM organization_connections WHERE organization_id = $1 FOR UPDATE', [organization.id]);
        const changing = app.api.patch(path, { assign_membership_on_login: true });
        await eventually(
          () =>
            app.sql(
              `SELECT ${breakOff}(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
            ),
          (brokenOff) => brokenOff.length === 1,
        );
        expectAnswer(await changing, refusals.databaseUnavailable);
      } finally {
        await app.sql('ROLLBACK');
      }

      // As many at once as it takes to come by every connection of the pool.
      const answers = await Promise.all(Array.from({ length: 40 }, () => app.api.get(path)));
      expect(answers.map(({ status, body }) => ({ status, body }))).toEqual(
        answers.map(() => ({ status: 200, body: before })),
      );
      expect(await app.api.patch(path, { assign_membership_on_login: true })).toMatchObject({ status: 200 });
    },
  );
});

describe('A locked row', () => {
  const app = useApp({ env: { DATABASE_POOL_SIZE: '2' } });

  it('delays no other writes, and its own return 503 after the lock timeout', async () => {
    const [locked, other] = [await createEnabled(app.api), await createEnabled(app.api)];
    const { body: before } = await app.api.get(locked.path);
    await app.sql('BEGIN');
    try {
      await app.sql('SELECT FROM organization_connections WHERE organization_id = $1 FOR UPDATE', [
        locked.organization.id,
      ]);
      let givenUp = 0;
      const changing = Array.from({ length: 30 }, () =>
        app.api.patch(locked.path, { assign_membership_on_login: true }).finally(() => givenUp++),
      );
      await eventually(
        () => app.sql("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"),
        ({ length }) => length === 1,
      );
      expect(await app.api.patch(other.path, { assign_membership_on_login: true })).toMatchObject({ status: 200 });
      expect(await app.api.get(other.path)).toMatchObject({ status: 200 });
      expect(await app.api.get(locked.path)).toMatchObject({ status: 200, body: before });
      const ready = await fetch(`${app.api.origin}/health/ready`);
      expect({ status: ready.status, givenUp }).toEqual({ status: 200, givenUp: 0 });

      for (const answer of await Promise.all(changing)) {
        expectAnswer(answer, refusals.rowLocked);
        expect(answer.headers.get('retry-after')).toBe('1');
      }
    } finally {
      await app.sql('ROLLBACK');
    }
    expectAnswer(await app.api.get(locked.path), { status: 200, body: before });
    expect(await app.api.patch(locked.path, { assign_membership_on_login: true })).toMatchObject({ status: 200 });
  });

  it.each<[string, string, (path: string) => Promise<Answer>]>([
    ['a user', 'users', (path) => app.api.patch(path, { blocked: true })],
    ['a user’s metadata', 'users', (path) => app.api.patch(path, { app_metadata: { plan: 'free' } })],
    ['a user who is deleted', 'users', (path) => app.api.delete(path)],
  ])('gives up with 503 also for %s', async (_, table, change) => {
    const user = await createUser(app.api);
    const path = `/users/${encodeURIComponent(user.user_id)}`;
    await app.sql('BEGIN');
    try {
      await app.sql(`SELECT FROM ${table} WHERE user_id = $1 FOR UPDATE`, [user.user_id]);
      expectAnswer(await change(path), refusals.rowLocked);
    } finally {
      await app.sql('ROLLBACK');
    }
    expect((await change(path)).status).toBeLessThan(300);
  });
});

describe('A connection to the database that can no longer be used', () => {
  const everywhere = (app: TestApp, path: string, change: object) =>
    Promise.all(Array.from({ length: 40 }, () => app.api.patch(path, change)));

  it('is replaced when the schema has changed under its prepared statements, without a failed request', async () => {
    const { app, stop } = await startApp();
    try {
      const { path } = await createEnabled(app.api);
      const [first] = await everywhere(app, path, { assign_membership_on_login: true });
      await app.sql('ALTER TABLE organization_connections ALTER organization_connection_name TYPE varchar(60)');
      const answers = [...(await everywhere(app, path, { assign_membership_on_login: true })), await app.api.get(path)];
      expect(answers.map(({ status, body }) => ({ status, body }))).toEqual(
        answers.map(() => ({ status: 200, body: first!.body })),
      );
    } finally {
      await stop();
    }
  });

  it('is replaced when its server turns out to be read-only', async () => {
    const database = await createDatabase();
    const name = new URL(database.url).pathname.slice(1);
    // The first start makes the signing key.
    await (await startApp({ database: { ...database, drop: () => Promise.resolve() } })).stop();
    await withAdmin((admin) => admin.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`));
    const { app, stop } = await startApp({ database });
    try {
      await app.sql('SET default_transaction_read_only = off');
      // Every connection of the pool, each of which would refuse the next write.
      await Promise.all(Array.from({ length: 40 }, () => app.api.get('/organizations')));
      const organization = { name: uniqueName('org') };
      expectAnswer(await app.api.post('/organizations', organization), refusals.databaseUnavailable);
      await withAdmin((admin) => admin.query(`ALTER DATABASE ${name} RESET default_transaction_read_only`));
      expect(await app.api.post('/organizations', organization)).toMatchObject({ status: 201 });
    } finally {
      await stop();
    }
  });
});

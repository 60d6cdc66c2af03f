import pg from 'pg';
import { Checkout } from '../process/checkout.js';
import { expectAnswer } from '../support/answers.js';
import { startApp, type TestApp } from '../support/app.js';
import { createDatabase, postgresUrl, type TestDatabase } from '../support/databases.js';
import { refusals } from '../support/errors.js';
import { createEnabled, createOrganization, createUser, uniqueName } from '../support/factories.js';
import { untilWaiting } from '../support/locks.js';
import { keepsPreparedStatements, PgBouncer, pgbouncerVersion } from './pgbouncer.js';

const FEWER_CONNECTIONS = 3;

/** What the role brings along in transaction mode; here of the database, as the role is that of all tests. */
async function setLimits({ url }: TestDatabase): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const name = new URL(url).pathname.slice(1);
  await client.query(`ALTER DATABASE ${name} SET statement_timeout = '10s'`);
  await client.query(`ALTER DATABASE ${name} SET lock_timeout = '2s'`);
  await client.end();
}

const inTransactionMode = (url: string) => `${url}?pgbouncer=true`;

describe('Behind PgBouncer in transaction mode', () => {
  if (pgbouncerVersion === undefined) {
    it.todo('needs a PgBouncer at /usr/sbin/pgbouncer, or at PGBOUNCER_PATH');
    return;
  }
  let pooler: PgBouncer;
  let database: TestDatabase;
  let apps: [TestApp, TestApp];
  const stops: (() => Promise<void>)[] = [];
  beforeAll(async () => {
    [pooler, database] = await Promise.all([
      PgBouncer.start(postgresUrl(), 'transaction', FEWER_CONNECTIONS),
      createDatabase(),
    ]);
    await setLimits(database);
    const behind = { url: inTransactionMode(pooler.before(database.url)), drop: () => Promise.resolve() };
    const started = [await startApp({ database: behind }), await startApp({ database: behind })];
    apps = started.map(({ app }) => app) as [TestApp, TestApp];
    stops.push(...started.map(({ stop }) => stop));
  });
  afterAll(async () => {
    for (const stop of stops) await stop();
    await pooler.stop();
    await database.drop();
  });

  it('two servers work concurrently over fewer connections than they open', async () => {
    const work = async ({ api }: TestApp, number: number) => {
      const { organization, connection, path } = await createEnabled(api);
      expect(await api.patch(path, { assign_membership_on_login: true })).toMatchObject({ status: 200 });
      expect(await api.get(path)).toMatchObject({ body: { assign_membership_on_login: true } });
      const user = await createUser(api);
      const members = `/organizations/${organization.id}/members`;
      expect(await api.post(members, { members: [user.user_id] })).toMatchObject({ status: 204 });
      expect(await api.get(members)).toMatchObject({ body: [{ user_id: user.user_id }] });
      const removal = { method: 'DELETE', path: `/organizations/${organization.id}` };
      expect(await api.sendWrite(removal, { 'vestibule-dry-run': 'true' })).toMatchObject({ status: 204 });
      const creation = { method: 'POST', path: '/organizations', body: { name: uniqueName('org') } };
      const key = { 'idempotency-key': `key-${number}` };
      const [once, again] = [await api.sendWrite(creation, key), await api.sendWrite(creation, key)];
      expect({ status: once.status, body: again.body }).toEqual({ status: 201, body: once.body });
      const login = await api.get(`/login/organizations/${organization.id}`);
      expect(login).toMatchObject({ status: 200 });
      expect(await api.delete(`/connections/${connection.id}`)).toMatchObject({ status: 202 });
      expectAnswer(await api.get(path), refusals.organizationConnectionNotFound);
    };
    await Promise.all(Array.from({ length: 40 }, (_, number) => work(apps[number % 2]!, number)));
  });

  it('one server sees changes of the other at once', async () => {
    const [one, other] = apps;
    const { id } = await createOrganization(one.api);
    for (const name of ['One', 'Two', 'Three']) {
      await one.api.patch(`/organizations/${id}`, { display_name: name });
      const shown = await other.api.get(`/login/organizations/${id}`);
      expect(shown).toMatchObject({ body: { organization: { display_name: name } } });
    }
  });

  it('waiting for a locked row ends after 2 s, and settings do not leak to other clients', async () => {
    const [app] = apps;
    const { api } = app;
    const { path } = await createEnabled(api);
    await app.sql('BEGIN');
    await app.sql('SELECT FROM organization_connections FOR UPDATE');
    const direct = new pg.Client({ connectionString: database.url });
    await direct.connect();
    const changing = api.patch(path, { show_as_button: true });
    await untilWaiting({ sql: async (text: string) => (await direct.query<pg.QueryResultRow>(text)).rows });
    expectAnswer(await changing, refusals.rowLocked);
    await app.sql('ROLLBACK');

    await Promise.all(Array.from({ length: 40 }, () => api.get(path)));
    const { rows } = await direct.query<{ pid: number }>(
      `SELECT DISTINCT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    await direct.end();
    expect(rows.length).toBeLessThanOrEqual(FEWER_CONNECTIONS);
    // The limit of the connection for reads would be 1 s.
    for (let time = 0; time < 10; time++) {
      const setting = await app.sql("SELECT current_setting('statement_timeout') AS setting");
      expect(setting).toEqual([{ setting: '10s' }]);
    }
  });

  it('statements are prepared when the pooler supports it, and otherwise the log says once that they are not', () => {
    const said = apps.flatMap(({ log }) => log.filter(({ context }) => context === 'Statements'));
    expect(said).toHaveLength(keepsPreparedStatements ? 0 : 1);
  });
});

describe('A server or command behind PgBouncer in transaction mode', () => {
  if (pgbouncerVersion === undefined) {
    it.todo('needs a PgBouncer at /usr/sbin/pgbouncer, or at PGBOUNCER_PATH');
    return;
  }
  let checkout: Checkout;
  let pooler: PgBouncer;
  let database: TestDatabase;
  beforeAll(async () => {
    [checkout, pooler, database] = await Promise.all([
      Checkout.create(),
      PgBouncer.start(postgresUrl(), 'transaction', FEWER_CONNECTIONS),
      createDatabase(),
    ]);
  });
  afterAll(async () => {
    await checkout.remove();
    await pooler.stop();
    await database.drop();
  });

  it('does not start while the role lacks its time limits, and says what to do', async () => {
    const DATABASE_URL = inTransactionMode(pooler.before(database.url));
    const { code, stderr } = await checkout.server({ DATABASE_URL }).ended;
    expect({ code, stderr: stderr.replace(/127.0.0.1:\d+/, 'HOST') }).toEqual({
      code: 1,
      stderr:
        'The database at HOST refuses: with pgbouncer=true the role has to bring its limits along: ' +
        "ALTER ROLE vestibule SET statement_timeout = '10s'; ALTER ROLE vestibule SET lock_timeout = '2s'\n",
    });
  });

  it('refuses to migrate through the pooler', async () => {
    const DATABASE_URL = inTransactionMode(pooler.before(database.url));
    expect(await checkout.vestibule(['migrate'], { DATABASE_URL }).ended).toMatchObject({
      code: 1,
      stderr: 'DATABASE_URL: got "(hidden)", takes here the URL of Postgres itself, without pgbouncer=true\n',
    });
    expect(await checkout.server({ DATABASE_URL, MIGRATE_ON_START: 'true' }).ended).toMatchObject({
      code: 1,
      stderr: 'MIGRATE_ON_START: got "true", takes false when DATABASE_URL has pgbouncer=true\n',
    });
  });
});

describe('Behind PgBouncer in session mode', () => {
  if (pgbouncerVersion === undefined) {
    it.todo('needs a PgBouncer at /usr/sbin/pgbouncer, or at PGBOUNCER_PATH');
    return;
  }

  it('a server migrates, serves, and sees changes of others at once', async () => {
    const [checkout, pooler, database] = await Promise.all([
      Checkout.create(),
      PgBouncer.start(postgresUrl(), 'session', 20),
      createDatabase('template0'),
    ]);
    const behind = { url: pooler.before(database.url), drop: () => Promise.resolve() };
    try {
      const migrated = await checkout.vestibule(['migrate'], { DATABASE_URL: behind.url }).ended;
      expect(migrated).toMatchObject({ code: 0, stderr: '' });
      const { app, stop } = await startApp({ database: behind });
      try {
        const { id } = await createOrganization(app.api, { display_name: 'Acme' });
        const shown = async () =>
          ((await app.api.get(`/login/organizations/${id}`)).body as { organization: { display_name: string } })
            .organization.display_name;
        expect(await shown()).toBe('Acme');
        await app.sql("UPDATE organizations SET display_name = 'Other' WHERE id = $1", [id]);
        expect(await shown()).toBe('Other');
      } finally {
        await stop();
      }
    } finally {
      await checkout.remove();
      await pooler.stop();
      await database.drop();
    }
  });
});

import { expectAnswer } from '../support/answers.js';
import { useApp } from '../support/app.js';
import { eventually, later } from '../support/clock.js';
import { withAdmin } from '../support/databases.js';
import { refusals } from '../support/errors.js';
import { untilWaiting } from '../support/locks.js';

describe('the health of the service', () => {
  const app = useApp();

  async function get(path: string): Promise<{ status: number; body: unknown }> {
    const answer = await fetch(`${app.api.origin}/health/${path}`);
    return { status: answer.status, body: await answer.json() };
  }
  const isReady = ({ status }: { status: number }) => status === 200;
  const READY = { status: 200, body: { status: 'ok' } };
  const UNAVAILABLE = { status: 503, body: { status: 'unavailable' } };

  /** Cuts every connection to the database of this server and lets none in. */
  async function takeDatabaseAway(): Promise<void> {
    const name = new URL(app.databaseUrl).pathname.slice(1);
    await withAdmin(async (admin) => {
      await admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`);
      await admin.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1 AND application_name = 'vestibule'",
        [name],
      );
    });
  }

  async function giveDatabaseBack(): Promise<void> {
    const name = new URL(app.databaseUrl).pathname.slice(1);
    await withAdmin((admin) => admin.query(`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`));
  }

  it('is live', async () => {
    expect(await get('live')).toEqual(READY);
  });

  it('is ready', async () => {
    expect(await get('ready')).toEqual(READY);
  });

  it('stays live but is not ready while the database is away, and becomes ready by itself', async () => {
    expect((await app.api.get('/organizations')).status).toBe(200);
    await takeDatabaseAway();
    try {
      await eventually(
        () => get('ready'),
        (answer) => !isReady(answer),
      );
      expect(await get('ready')).toEqual(UNAVAILABLE);
      expect(await get('live')).toEqual(READY);
      expectAnswer(await app.api.get('/organizations'), refusals.databaseUnavailable);
    } finally {
      await giveDatabaseBack();
    }
    expect(await eventually(() => get('ready'), isReady)).toEqual(READY);
    expect((await app.api.get('/organizations')).status).toBe(200);
  });

  it('answers every request again after each connection to the database was cut', async () => {
    await Promise.all(Array.from({ length: 20 }, () => app.api.get('/organizations')));
    await takeDatabaseAway();
    await giveDatabaseBack();
    await eventually(() => get('ready'), isReady);
    const answers = await Promise.all(Array.from({ length: 20 }, () => app.api.get('/organizations')));
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 20 }, () => 200));
  });

  it('stays ready while every connection of the pool waits for a lock', async () => {
    // No caller has all of them.
    const callers = await Promise.all(
      Array.from({ length: 10 }, async (_, at) =>
        app.api.as(await app.issuer.token({ claims: { sub: `caller-${at}@clients` } })),
      ),
    );
    await app.sql('BEGIN');
    try {
      await app.sql('LOCK organizations IN ACCESS EXCLUSIVE MODE');
      const waiting = callers.map((api) => api.get('/organizations'));
      await untilWaiting(app, 10);
      expect(await later(2_000, () => get('ready'))).toEqual(READY);
      await app.sql('COMMIT');
      expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    } finally {
      await app.sql('ROLLBACK');
    }
  });

  it('asks the database once for many probes at the same time', async () => {
    const asked = async () => {
      const [row] = await app.sql<{ count: number }>(
        'SELECT sum(xact_commit)::int AS count FROM pg_stat_database WHERE datname = current_database()',
      );
      return row!.count;
    };
    const before = await asked();
    const answers = await Promise.all(Array.from({ length: 200 }, () => get('ready')));
    expect(answers).toEqual(answers.map(() => READY));
    expect((await asked()) - before).toBeLessThan(100);
  });
});

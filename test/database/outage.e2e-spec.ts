import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { startApp, useApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/clock.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { createEnabled, uniqueName } from '../support/factories.js';

/** What lies between the server and its database, and can be cut. */
class Cable {
  private readonly sockets = new Set<Socket>();
  private server?: Server;
  private port = 0;

  constructor(private readonly target: { host: string; port: number }) {}

  async plugIn(): Promise<number> {
    this.server = createServer((near) => {
      const far = connect(this.target);
      for (const socket of [near, far]) {
        this.sockets.add(socket);
        socket.on('error', () => undefined).on('close', () => this.sockets.delete(socket));
      }
      near.pipe(far).pipe(near);
    });
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
    return (this.port = (this.server.address() as AddressInfo).port);
  }

  async cut(): Promise<void> {
    const closed = once(this.server!, 'close');
    this.server!.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

describe('A server whose database goes away', () => {
  let database: TestDatabase;
  let cable: Cable;
  let app: TestApp;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    database = await createDatabase();
    const url = new URL(database.url);
    cable = new Cable({ host: url.hostname, port: Number(url.port) });
    url.port = String(await cable.plugIn());
    ({ app, stop } = await startApp({ database: { url: url.href, drop: () => database.drop() } }));
  });
  afterAll(async () => {
    await stop();
    await cable.cut();
  });

  const health = async (kind: 'live' | 'ready') => {
    const response = await fetch(`${app.api.origin}/health/${kind}`);
    return { status: response.status, body: await response.json() };
  };
  const OK = { status: 200, body: { status: 'ok' } };

  it('says so, answers 500 without telling why, and works again by itself when it is back', async () => {
    const name = uniqueName('org');
    expect(await app.api.post('/organizations', { name })).toMatchObject({ status: 201 });
    expect(await health('ready')).toEqual(OK);

    for (let outage = 0; outage < 2; outage++) {
      await cable.cut();
      expect(await health('ready')).toEqual({ status: 503, body: { status: 'unavailable' } });
      expect(await health('live')).toEqual(OK);
      const answer = await app.api.get(`/organizations/name/${name}`);
      expect(answer).toMatchObject({
        status: 500,
        body: {
          statusCode: 500,
          error: 'Internal Server Error',
          message: `An unexpected error occurred, request id ${answer.headers.get('x-request-id')}`,
        },
      });

      await cable.plugIn();
      expect(await health('ready')).toEqual(OK);
      expect(await app.api.get(`/organizations/name/${name}`)).toMatchObject({ status: 200, body: { name } });
    }
    // Broken while idle or in use, none of the pool's connections is lost for good: as many requests at once still work.
    const answers = await Promise.all(Array.from({ length: 40 }, () => app.api.get(`/organizations/name/${name}`)));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  });
});

describe('A row that Postgres refuses', () => {
  const app = useApp();
  const connections = () =>
    app.sql(
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'vestibule' AND datname = current_database() ORDER BY pid`,
    );

  it('costs no connection to it', async () => {
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

describe('A change that Postgres breaks off', () => {
  const app = useApp();

  it.each(['pg_cancel_backend', 'pg_terminate_backend'])(
    'by %s is answered with 500 and leaves the row and the server as they were',
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
        expect(await changing).toMatchObject({ status: 500, body: { error: 'Internal Server Error' } });
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

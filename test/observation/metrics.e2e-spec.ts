import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { startApp, useApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/clock.js';
import { createDatabase, withAdmin } from '../support/databases.js';
import { createConnection, createEnabled, createOrganization, createUser } from '../support/factories.js';
import { scrape, valuesOf } from '../support/metrics.js';

const METRICS = { METRICS_PORT: '0' };

/** The text as it goes over the wire: `fetch` would put the path and method right. */
async function sendRaw(app: TestApp, head: string): Promise<string> {
  const socket = connect(app.server.httpPort, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => (answer += text));
  socket.write(`${head}\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  await once(socket, 'close');
  return answer;
}

const isTaken = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

describe('The metrics of requests', () => {
  const app = useApp({ env: METRICS });

  it('count and time requests by method, route and status, without a label for an unknown path', async () => {
    const organization = await createOrganization(app.api);
    await app.api.get(`/organizations/${organization.id}`);
    await app.api.get(`/organizations/${organization.id}`);
    await app.api.get('/organizations/org_0000000000000000');
    await app.api.as(undefined).get(`/organizations/${organization.id}`);
    await app.api.patch(`/organizations/${organization.id}`, { name: 1 });
    for (const path of ['/a', '/b/c', '/organizations/x/y/z', '/../secret']) await fetch(`${app.api.origin}${path}`);
    await sendRaw(app, 'PROPFIND /d HTTP/1.1');
    expect(await sendRaw(app, 'GET /%zz HTTP/1.1')).toMatch(/^HTTP\/1.1 400 /);

    const samples = await scrape(app);
    const route = '/api/v2/organizations/:id';
    expect(valuesOf(samples, 'vestibule_http_requests_total')).toEqual({
      'POST /api/v2/organizations 201': 1,
      [`GET ${route} 200`]: 2,
      [`GET ${route} 404`]: 1,
      [`GET ${route} 401`]: 1,
      [`PATCH ${route} 400`]: 1,
      'GET unmatched 404': 4,
      'OTHER unmatched 404': 1,
      'GET unmatched 400': 1,
    });
    expect(valuesOf(samples, 'vestibule_http_request_duration_seconds_count')).toEqual({
      'POST /api/v2/organizations': 1,
      [`GET ${route}`]: 4,
      [`PATCH ${route}`]: 1,
      'GET unmatched': 5,
      'OTHER unmatched': 1,
    });
    const took = valuesOf(samples, 'vestibule_http_request_duration_seconds_sum')['POST /api/v2/organizations'];
    expect(took).toBeGreaterThan(0);
    expect(took).toBeLessThan(10);
  });
});

describe('The metrics of the database', () => {
  const app = useApp({ env: { ...METRICS, DATABASE_POOL_SIZE: '2' } });

  it('time statements by name, and count failures by reason', async () => {
    const before = valuesOf(await scrape(app), 'vestibule_database_statement_duration_seconds_count');
    const connection = await createConnection(app.api, 'okta');
    await app.api.post('/connections', { name: connection.name, strategy: 'okta' });
    const { organization, path } = await createEnabled(app.api, 'okta');
    await app.api.get(path);
    await app.api.get(`/organizations/${organization.id}`);

    const samples = await scrape(app);
    const after = valuesOf(samples, 'vestibule_database_statement_duration_seconds_count');
    const runs = (name: string) => (after[name] ?? 0) - (before[name] ?? 0);
    expect(runs('Connection.create')).toBe(3);
    expect(runs('organization_connection_get')).toBe(1);
    expect(valuesOf(samples, 'vestibule_database_statement_failures_total')).toEqual({
      'Connection.create connection_name_taken': 1,
    });
  });

  it('say how many connections of the pool are in use, and how many requests wait for one', async () => {
    await app.api.get('/organizations');
    const pool = async () => {
      const samples = await scrape(app);
      return {
        ...valuesOf(samples, 'vestibule_database_pool_connections'),
        waiting: valuesOf(samples, 'vestibule_database_pool_waiting')[''],
        max: valuesOf(samples, 'vestibule_database_pool_max_connections')[''],
      };
    };
    await app.sql('BEGIN');
    await app.sql('LOCK organizations IN ACCESS EXCLUSIVE MODE');
    const waits = async () => valuesOf(await scrape(app), 'vestibule_database_pool_wait_seconds_count');
    const before = await waits();
    const waiting = Array.from({ length: 5 }, () => app.api.get('/organizations'));
    const used = await eventually(pool, (now) => now.waiting === 3);
    expect(used).toEqual({ in_use: 2, idle: 0, waiting: 3, max: 2 });
    await app.sql('COMMIT');
    await Promise.all(waiting);
    expect(await pool()).toEqual({ in_use: 0, idle: 2, waiting: 0, max: 2 });
    expect(await waits()).toEqual(before);
  });

  it('time the wait of each transaction and hot write for a connection', async () => {
    const waits = async () => valuesOf(await scrape(app), 'vestibule_database_pool_wait_seconds_count');
    const { organization, path } = await createEnabled(app.api, 'okta');
    const before = await waits();
    await app.api.patch(path, { show_as_button: false });
    await app.api.patch(`/organizations/${organization.id}`, { display_name: 'Acme' });
    await app.api.get(path);
    await app.api.get('/organizations');
    expect(await waits()).toEqual({ granted: before['granted']! + 2 });
  });
});

describe('The metrics of a full pool', () => {
  const app = useApp({ env: { ...METRICS, DATABASE_POOL_SIZE: '2', POOL_WAIT_MS: '500' } });

  it('count the transactions and hot writes that got no connection', async () => {
    const paths = await Promise.all([1, 2, 3].map(async () => (await createEnabled(app.api, 'okta')).path));
    await app.sql('BEGIN');
    await app.sql('LOCK organization_connections IN ACCESS EXCLUSIVE MODE');
    const holders = paths.slice(1).map((path) => app.api.patch(path, { show_as_button: false }));
    const inUse = async () => valuesOf(await scrape(app), 'vestibule_database_pool_connections')['in_use'];
    await eventually(inUse, (count) => count === 2);
    const refused = await Promise.all([
      app.api.patch(paths[0]!, { show_as_button: true }),
      app.api.post('/organizations', { name: 'gets-no-connection' }),
    ]);
    await app.sql('COMMIT');
    await Promise.all(holders);
    expect(refused.map(({ status }) => status)).toEqual([503, 503]);
    expect(valuesOf(await scrape(app), 'vestibule_database_pool_wait_seconds_count')['failed']).toBe(2);
  });
});

describe('The metrics of signing in', () => {
  const app = useApp({ env: METRICS });

  it('count decisions by decision, reason and intent', async () => {
    const { organization, connection } = await createEnabled(app.api, 'okta', { assign_membership_on_login: true });
    const { user_id } = await createUser(app.api, { connection: connection.name });
    const decide = (fields: object) =>
      app.api.post('/login/decisions', {
        intent: 'login',
        organization: organization.id,
        connection: connection.id,
        user: { user_id },
        ...fields,
      });
    await decide({ dry_run: true });
    await decide({});
    await decide({});
    await decide({ intent: 'signup' });
    await decide({ connection: 'con_0000000000000000' });
    expect((await decide({ intent: 'other' })).status).toBe(400);

    expect(valuesOf(await scrape(app), 'vestibule_login_decisions_total')).toEqual({
      'allow membership_granted login true': 1,
      'allow membership_granted login false': 1,
      'allow member login false': 1,
      'deny signup_not_enabled signup false': 1,
      'deny connection_unknown login false': 1,
    });
  });
});

describe('The port of the metrics', () => {
  const app = useApp({ env: METRICS });

  it('shows the version, and the state of the process and its event loop', async () => {
    const samples = await scrape(app);
    const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
    const migrations = await readdir('prisma/migrations');
    const migration = migrations
      .filter((name) => /^\d/.test(name))
      .sort()
      .at(-1);
    expect(samples.filter(({ name }) => name === 'vestibule_build_info')).toEqual([
      { name: 'vestibule_build_info', labels: { version, node_version: process.version, migration }, value: 1 },
    ]);
    const names = samples.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining([
        'process_cpu_seconds_total',
        'process_resident_memory_bytes',
        'nodejs_eventloop_lag_p99_seconds',
      ]),
    );
  });

  it.each([
    ['GET', '/'],
    ['GET', '/metrics/'],
    ['GET', '/health/live'],
    ['POST', '/metrics'],
    ['HEAD', '/metrics'],
  ])('has nothing else: %s %s is 404', async (method, path) => {
    expect((await fetch(`http://127.0.0.1:${app.server.metricsPort}${path}`, { method })).status).toBe(404);
  });

  it('serves the metrics, which the port of the API does not', async () => {
    expect((await fetch(`${app.api.origin}/metrics`)).status).toBe(404);
    expect((await fetch(`${app.api.origin}/api/v2/metrics`)).status).toBe(404);
  });
});

describe('A server', () => {
  it('has no port for metrics unless one is configured', async () => {
    const { app, stop } = await startApp();
    try {
      expect(app.server.metricsPort).toBeUndefined();
    } finally {
      await stop();
    }
  });

  it('frees the port when it stops, also while a client keeps a connection to it open', async () => {
    const { app, stop } = await startApp({ env: METRICS });
    const port = app.server.metricsPort!;
    const kept = connect(port, '127.0.0.1');
    await once(kept, 'connect');
    const gone = once(kept.resume(), 'close');
    await stop();
    await gone;
    expect(await isTaken(port)).toBe(false);
  });

  it('does not start when another program uses the port for metrics, and names the variable', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const database = await createDatabase();
    try {
      await expect(startApp({ database, env: { METRICS_PORT: String(port) } })).rejects.toMatchObject({
        name: 'ConfigError',
        message: `METRICS_PORT: got "${port}", takes a port that no other program uses on 127.0.0.1`,
      });
      await eventually(
        () =>
          withAdmin((admin) =>
            admin.query("SELECT FROM pg_stat_activity WHERE application_name LIKE 'vestibule%' AND datname = $1", [
              new URL(database.url).pathname.slice(1),
            ]),
          ),
        ({ rowCount }) => rowCount === 0,
      );
    } finally {
      other.close();
      await database.drop();
    }
  });
});

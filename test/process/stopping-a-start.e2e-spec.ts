import { jest } from '@jest/globals';
import { once } from 'node:events';
import { access, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { Checkout, hasEnded, type Command } from './checkout.js';

// Each test starts several programs, each of which takes a second or two, and more on a busy machine.
jest.setTimeout(60_000);

/** The advisory locks of this service and of Prisma's engine for migrations. */
const TURN_LOCK = 1_986_359_924;
const ENGINE_LOCK = 72_707_369;

/** Ends with 0, at once and without complaint. */
async function expectToStop(server: Command, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  const signalled = Date.now();
  expect(await server.stop(signal)).toMatchObject({ code: 0, signal: null, stderr: '' });
  expect(Date.now() - signalled).toBeLessThan(3_000);
  await server.groupHasEnded();
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

/** Asks until it is so, and fails when the server ends before. */
async function reaches(server: Command, isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) {
    if (server.hasEnded) throw new Error(`It ended first: ${JSON.stringify(await server.ended)}`);
    await delay(20);
  }
}

describe('A signal stops the start of a server that', () => {
  let checkout: Checkout;
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    checkout = await Checkout.create();
  });
  afterAll(() => checkout.remove());

  const useDatabase = async (template?: string) => {
    database = await createDatabase(template);
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
  };
  afterEach(async () => {
    await client.end();
    await database.drop();
  });

  const start = (url = database.url) => checkout.server({ PORT: '0', TLS_PORT: '0', DATABASE_URL: url });

  /** How many other sessions on the database are as the condition says. */
  const sessions = async (condition: string) => {
    const { rows } = await client.query<{ count: number }>(
      `SELECT count(*)::int FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND (${condition})`,
    );
    return rows[0]!.count;
  };
  /** What stays makes the test time out. */
  const untilNoSession = async () => {
    while ((await sessions('true')) > 0) await delay(20);
  };
  const tables = async () => {
    const { rows } = await client.query<{ name: string }>("SELECT relname AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"); // prettier-ignore
    return rows.map(({ name }) => name).filter((name) => name !== '_prisma_migrations');
  };

  it.each(['SIGTERM', 'SIGINT'] as const)('waits while another migrates, on %s', async (signal) => {
    await useDatabase('template0');
    await client.query('SELECT pg_advisory_lock($1)', [TURN_LOCK]);
    const server = start();
    await reaches(server, async () => (await sessions("query LIKE '%pg_try_advisory_lock%'")) > 0);
    await expectToStop(server, signal);
    await untilNoSession();
    expect(await tables()).toEqual([]);
  });

  it('waits for the lock of the migration engine', async () => {
    await useDatabase('template0');
    await client.query('SELECT pg_advisory_lock($1)', [ENGINE_LOCK]);
    const server = start();
    await reaches(server, async () => (await sessions("wait_event_type = 'Lock'")) > 0);
    await expectToStop(server);
    await untilNoSession();
    expect(await tables()).toEqual([]);
  });

  it('waits for that lock to try a migration again that did not end', async () => {
    await useDatabase();
    const newest = 'SELECT max(migration_name) FROM _prisma_migrations';
    await client.query(`UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = (${newest})`);
    await client.query('SELECT pg_advisory_lock($1)', [ENGINE_LOCK]);
    const server = start();
    await reaches(server, async () => (await sessions("wait_event_type = 'Lock'")) > 0);
    await expectToStop(server);
    await untilNoSession();
  });

  it('applies a migration, of which nothing is left, and the next start applies it', async () => {
    await useDatabase();
    const migration = join(checkout.folder, 'prisma', 'migrations', '20990101000000_add_extra');
    await mkdir(migration);
    await writeFile(
      join(migration, 'migration.sql'),
      'CREATE TABLE extra (id TEXT PRIMARY KEY); ALTER TABLE organizations ADD COLUMN extra TEXT;',
    );
    const holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    await holder.query('BEGIN; LOCK TABLE organizations');
    const server = start();
    await reaches(server, async () => (await sessions("wait_event_type = 'Lock'")) > 0);
    await expectToStop(server);
    await holder.query('COMMIT');
    await holder.end();
    await untilNoSession();
    expect(await tables()).not.toContain('extra');

    const next = start();
    await next.listening();
    expect(await tables()).toContain('extra');
    await next.stop();
    await rm(migration, { recursive: true });
  });

  it.each([
    ['asks a database that has fallen silent whether it is up to date', false],
    ['has a database that is up to date, and comes up', true],
  ])('%s', async (_, answersTwice) => {
    await useDatabase();
    const { hostname, port } = new URL(database.url);
    const sockets: Socket[] = [];
    let connections = 0;
    // Between the server and its database: the first connection is to see whether the database is there.
    const cable = createServer((near) => {
      sockets.push(near.on('error', () => undefined));
      if (++connections > 1 && !answersTwice) return;
      const far = connect({ host: hostname, port: Number(port) }).on('error', () => undefined);
      sockets.push(far);
      near.pipe(far).pipe(near);
    }).listen(0, '127.0.0.1');
    await once(cable, 'listening');
    const url = new URL(database.url);
    url.port = String((cable.address() as AddressInfo).port);

    const server = start(url.href);
    await reaches(server, () => Promise.resolve(connections > 1));
    await expectToStop(server);
    for (const socket of sockets) socket.destroy();
    cable.close();
    await untilNoSession();
  });

  /** A server that has been told to stop while a client has sent half of a request. */
  async function stopping(signal: NodeJS.Signals): Promise<{ server: Command; socket: Socket }> {
    await useDatabase();
    const server = start();
    const { http } = await server.listening();
    const token = (
      await checkout.vestibule(['token'], { DATABASE_URL: database.url, PORT: '0', TLS_PORT: '0' }).ended
    ).stdout.trim();
    const socket = connect(Number(new URL(http).port), '127.0.0.1').on('error', () => undefined);
    socket.write(
      `POST /api/v2/organizations HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 15\r\nExpect: 100-continue\r\n\r\n',
    );
    await once(socket, 'data');
    server.signal(signal);
    await server.says(/"stopping"/);
    return { server, socket };
  }

  it('has come up and finishes requests, at once on a second one', async () => {
    const { server, socket } = await stopping('SIGINT');
    expect(await server.stop('SIGTERM')).toMatchObject({ code: null, signal: 'SIGTERM', stderr: '' });
    socket.destroy();
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'has come up and finishes requests, also when npm passes %s on, so that it comes twice',
    async (signal) => {
      const { server, socket } = await stopping(signal);
      server.signal(signal);
      const answer = once(socket, 'data') as Promise<[Buffer]>;
      socket.write('{"name":"acme"}');
      expect(String((await answer)[0])).toMatch(/^HTTP\/1\.1 201 /);
      expect(await server.ended).toMatchObject({ code: 0, signal: null, stderr: '' });
    },
  );
});

describe('A signal stops the start of a server without a DATABASE_URL that', () => {
  let checkout: Checkout;
  beforeEach(async () => {
    checkout = await Checkout.create();
  });
  afterEach(() => checkout.remove());

  const start = () => checkout.server({ PORT: '0', TLS_PORT: '0' });
  const inData = (name: string) => join(checkout.data, name);

  it('waits while another process has the database in hand', async () => {
    await mkdir(checkout.data);
    await writeFile(inData('lock'), String(process.pid));
    const server = start();
    // What it tries to take the lock with.
    await reaches(server, async () => (await readdir(checkout.data)).some((name) => name.startsWith('lock.')));
    await expectToStop(server);
    expect(await exists(inData('postgres'))).toBe(false);
  });

  it('makes the database, and the next start makes it', async () => {
    const server = start();
    await reaches(server, () => exists(inData('postgres.unfinished')));
    await expectToStop(server);
    expect(await exists(inData('postgres'))).toBe(false);

    const next = start();
    await next.listening();
    await next.stop();
  });

  it('starts the database, which is stopped again', async () => {
    const server = start();
    let pid = 0;
    await reaches(server, async () => {
      const file = await readFile(inData('postgres/postmaster.pid'), 'utf8').catch(() => '');
      pid = Number(file.split('\n')[0]);
      return pid > 0;
    });
    await expectToStop(server);
    await hasEnded(pid);
    expect(await exists(inData('postgres/postmaster.pid'))).toBe(false);
  });
});

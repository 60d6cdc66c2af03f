import { spawn } from 'node:child_process';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { acquireEmbeddedPostgres } from '../../src/dev/embedded-postgres.js';
import { applyMigrations } from '../../src/database/migrations.js';

const POLL_MS = 20;

/** An embedded Postgres that can be killed and started again at the same port, with all that it promised on the disk. */
export class MortalPostgres {
  private constructor(
    readonly url: string,
    private readonly folder: string,
    private readonly home: string,
    private readonly program: readonly string[],
    private readonly account: { uid: number; gid: number },
  ) {}

  static async start(folder: string, settings: Record<string, string> = {}): Promise<MortalPostgres> {
    const { url, home } = await acquireEmbeddedPostgres(folder, settings);
    await applyMigrations(url);
    const pid = await postmasterIn(home);
    const program = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0').slice(0, -1);
    const account = await stat(join(home, 'postgres'));
    return new MortalPostgres(url, folder, home, program, account);
  }

  /** Where its data lie. */
  get data(): string {
    return join(this.home, 'postgres');
  }

  /** With every process of it, as when the machine goes down. */
  async kill(): Promise<void> {
    const pid = await postmasterIn(this.home);
    process.kill(pid, 'SIGKILL');
    await this.ended(pid);
  }

  async isRunning(): Promise<boolean> {
    return isAlive(await postmasterIn(this.home).catch(() => 0));
  }

  /** Resolves when it takes connections. */
  async startAgain(): Promise<void> {
    const [file, ...args] = this.program as [string, ...string[]];
    const giveUpAt = Date.now() + 30_000;
    while (Date.now() < giveUpAt) {
      const { uid, gid } = this.account;
      const options = { uid, gid, detached: true, stdio: 'ignore', cwd: '/' } as const;
      const child = spawn(file, args, { ...options, env: { PATH: process.env['PATH'], LC_ALL: 'C' } });
      child.unref();
      // Of the one that was killed, the last process may still hold the memory that they share.
      while (child.exitCode === null && Date.now() < giveUpAt) {
        if (await this.answers()) return;
        await delay(POLL_MS);
      }
    }
    throw new Error('Postgres does not start again');
  }

  async query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.url });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  /** Leaves the folder that it was given. */
  async remove(): Promise<void> {
    const pid = await postmasterIn(this.home).catch(() => 0);
    if (isAlive(pid)) {
      process.kill(pid, 'SIGINT');
      await this.ended(pid);
    }
    if (this.home !== this.folder) await rm(this.home, { recursive: true, force: true });
  }

  private answers(): Promise<boolean> {
    return this.query('SELECT').then(
      () => true,
      () => false,
    );
  }

  private async ended(pid: number): Promise<void> {
    while (isAlive(pid)) await delay(POLL_MS);
  }
}

async function postmasterIn(home: string): Promise<number> {
  const file = await readFile(join(home, 'postgres', 'postmaster.pid'), 'utf8');
  return Number(file.split('\n', 1)[0]);
}

function isAlive(pid: number): boolean {
  try {
    return pid > 0 && process.kill(pid, 0);
  } catch {
    return false;
  }
}

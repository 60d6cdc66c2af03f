import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, open, rm, statfs, utimes, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isRoot } from '../process/checkout.js';
import { freePort } from '../process/ports.js';
import { Sink } from '../support/sink.js';
import { Load } from './load.js';
import { MortalPostgres } from './postgres.js';
import { Proxy } from './proxy.js';
import { Server, tokenFor } from './server.js';

export interface Outcome {
  readonly name: string;
  /** Why it could not be tried. */
  readonly skipped?: string;
  readonly faults: readonly string[];
  /** What would be a fault on a machine that does nothing else. */
  readonly slow?: string;
  readonly figures: Readonly<Record<string, number>>;
}

export interface Trial {
  readonly postgres: MortalPostgres;
  readonly server: Server;
  readonly load: Load;
  readonly sink: Sink;
  readonly env: Record<string, string>;
  readonly token: string;
  /** How long to write before and after what is broken, and how often to break it. */
  readonly milliseconds: number;
  readonly times: number;
}

export interface Scenario {
  readonly name: string;
  /** How long it may take from the breakage, or its repair, to the next write that succeeds. */
  readonly servedWithinMs: number;
  /** Whether requests may fail meanwhile: without an answer, or with 503. */
  readonly mayFail: boolean;
  /** Megabytes of a file system for the database alone. */
  readonly diskMegabytes?: number;
  readonly missing?: () => string | undefined;
  /** @returns milliseconds until it served again, of each time */
  readonly play: (trial: Trial) => Promise<number[]>;
}

const LIBFAKETIME = ['x86_64', 'aarch64']
  .map((machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketime.so.1`)
  .find(existsSync);

const repeated = async (trial: Trial, breakOnce: (trial: Trial) => Promise<number>): Promise<number[]> => {
  const milliseconds: number[] = [];
  for (let left = trial.times; left > 0; left--) {
    milliseconds.push(await breakOnce(trial));
    await delay(trial.milliseconds);
  }
  return milliseconds;
};

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'the server is killed',
    servedWithinMs: 10_000,
    mayFail: true,
    play: (trial) =>
      repeated(trial, async ({ server, load }) => {
        const at = performance.now();
        await server.stop('SIGKILL');
        await server.start();
        return load.untilServed(at);
      }),
  },
  {
    name: 'Postgres is killed',
    servedWithinMs: 10_000,
    mayFail: true,
    play: (trial) =>
      repeated(trial, async ({ postgres, load }) => {
        await postgres.kill();
        await postgres.startAgain();
        return load.untilServed();
      }),
  },
  {
    name: 'all connections of the database are terminated',
    servedWithinMs: 3_000,
    mayFail: true,
    play: (trial) =>
      repeated(trial, async ({ postgres, load }) => {
        await postgres.query(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'",
        );
        return load.untilServed();
      }),
  },
  {
    name: 'the disk of the database is full',
    servedWithinMs: 10_000,
    mayFail: true,
    diskMegabytes: 320,
    missing: () => (isRoot ? undefined : 'only root can mount a file system'),
    play: (trial) =>
      repeated(trial, async ({ postgres, load }) => {
        const ballast = join(postgres.data, '..', 'ballast');
        await fill(postgres.data, ballast);
        const { failed } = load;
        // Postgres fills what is left of its present segment first.
        for (let left = 60_000; left > 0 && load.failed === failed; left -= 100) {
          await postgres
            .query('CREATE TABLE IF NOT EXISTS filling AS SELECT generate_series(1, 200000)')
            .catch(() => undefined);
          await postgres.query('INSERT INTO filling SELECT generate_series(1, 100000)').catch(() => undefined);
          await delay(100);
        }
        await delay(trial.milliseconds);
        await rm(ballast);
        if (!(await postgres.isRunning())) await postgres.startAgain();
        const served = await load.untilServed();
        await postgres.query('DROP TABLE IF EXISTS filling');
        return served;
      }),
  },
  {
    name: 'the clock jumps',
    servedWithinMs: 3_000,
    mayFail: false,
    missing: () => (LIBFAKETIME ? undefined : 'Debian’s libfaketime is not there'),
    play: async (trial) => {
      const { server, load, sink, milliseconds } = trial;
      const folder = await mkdtemp(join(tmpdir(), 'vestibule-clock-'));
      const file = join(folder, 'offset');
      const set = async (offset: string) => {
        await writeFile(file, offset);
        await utimes(file, new Date(), new Date());
      };
      await set('+0');
      await server.stop();
      await server.start({
        LD_PRELOAD: LIBFAKETIME!,
        FAKETIME_TIMESTAMP_FILE: file,
        FAKETIME_NO_CACHE: '1',
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
        DONT_FAKE_MONOTONIC: '1',
      });
      await load.untilServed();
      load.forgetFailures();
      const served: number[] = [];
      for (const offset of ['-3600', '+10800', '-86400', '+0', '+31536000', '+0']) {
        const at = performance.now();
        // A stream whose event has failed for more than three days is paused.
        if (offset === '+31536000') sink.behaviour = () => ({ status: 204 });
        await set(offset);
        await delay(milliseconds / 2);
        // In a year its token has expired: that is an answer, and no success.
        if (offset !== '+31536000') served.push(await load.untilServed(at));
      }
      await rm(folder, { recursive: true });
      return served;
    },
  },
  {
    name: 'clients are slow, and cut off',
    servedWithinMs: 3_000,
    mayFail: false,
    play: async ({ server, load, token, milliseconds }) => {
      const head = `POST /api/v2/organizations HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\nContent-Type: application/json\r\nContent-Length: 40\r\n\r\n`;
      const whole = 'GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n';
      const sockets = await Promise.all(
        Array.from({ length: 600 }, async (_, at) => {
          const socket = connect(server.port, '127.0.0.1').on('error', () => undefined);
          await once(socket, 'connect');
          // Some never read what they asked for, much of it; some stop within the head or the body; some say nothing.
          if (at % 4 === 0) socket.pause().write(whole.repeat(20));
          else if (at % 4 < 3) socket.write(head.slice(0, at % 4 === 1 ? 30 + (at % 100) : undefined));
          return socket;
        }),
      );
      const served = [await load.untilServed()];
      for (let passed = 0; passed < milliseconds; passed += 50) {
        for (const socket of sockets.splice(0, Math.ceil((sockets.length * 50) / milliseconds)))
          socket.resetAndDestroy();
        await delay(50);
      }
      for (const socket of sockets) socket.destroy();
      served.push(await load.untilServed());
      return served;
    },
  },
  {
    name: 'two servers behind a proxy are restarted in turn',
    servedWithinMs: 3_000,
    mayFail: false,
    play: async (trial) => {
      const { server, load, env } = trial;
      const other = new Server(await freePort(), env);
      await other.start();
      const proxy = new Proxy([server.port, other.port]);
      load.port = await proxy.listen();
      try {
        await delay(trial.milliseconds);
        const served: number[] = [];
        for (let left = trial.times; left > 0; left--) {
          for (const one of [server, other]) {
            await one.stop();
            served.push(await load.untilServed());
            await one.start();
            await delay(trial.milliseconds / 4);
          }
        }
        return served;
      } finally {
        await load.end();
        proxy.close();
        await other.stop();
      }
    },
  },
];

export async function play(
  scenario: Scenario,
  { milliseconds, times }: Pick<Trial, 'milliseconds' | 'times'>,
): Promise<Outcome> {
  const { name, diskMegabytes } = scenario;
  const missing = scenario.missing?.();
  if (missing !== undefined) return { name, skipped: missing, faults: [], figures: {} };
  const folder = await mkdtemp(join(tmpdir(), 'vestibule-chaos-'));
  const disk = diskMegabytes === undefined ? undefined : mount(folder, diskMegabytes);
  if (disk?.problem) return { name, skipped: disk.problem, faults: [], figures: {} };
  const settings = { shared_buffers: '32MB', ...(disk && { min_wal_size: '32MB', max_wal_size: '64MB' }) };
  let postgres: MortalPostgres | undefined;
  let server: Server | undefined;
  const sink = await Sink.start();
  let attempts = 0;
  sink.behaviour = () => ({ status: attempts++ % 3 === 0 ? 500 : 204 });
  try {
    postgres = await MortalPostgres.start(folder, settings);
    const env = {
      NODE_ENV: 'production',
      DATABASE_URL: postgres.url,
      ENCRYPTION_KEY: randomBytes(32).toString('base64'),
      PUBLIC_URL: 'https://vestibule.example',
      // On a machine that is busy with other things, what is served slowly has not failed.
      POOL_WAIT_MS: '10000',
      EVENT_DESTINATIONS_ALLOW: '127.0.0.1',
    };
    const token = await tokenFor(env);
    server = new Server(await freePort(), env);
    await server.start();
    const load = new Load(server.port, token, sink);
    await load.start();
    await load.untilServed();
    await delay(milliseconds);
    const served = await scenario.play({ postgres, server, load, sink, env, token, milliseconds, times });
    await delay(milliseconds / 2);
    await load.end();
    const faults = await load.faults(postgres);
    if (!scenario.mayFail && load.failed > 0)
      faults.push(`${load.failed} requests failed: ${load.failures.join('; ')}`);
    const unforeseen = load.answers.get(500) ?? 0;
    if (unforeseen > 0) faults.push(`${unforeseen} requests were answered with 500`);
    const slowest = Math.round(Math.max(...served));
    const slow = slowest > scenario.servedWithinMs ? `served again after ${slowest} ms` : undefined;
    const figures = {
      'answered writes': load.answeredWrites,
      'events, of which a third failed at first': load.events,
      'failed requests': load.failed,
      'writes without a decision': load.unansweredWrites,
      'served again after ms, at most': slowest,
      'longest time without a success, ms': Math.round(load.longestGapMs),
    };
    return { name, faults, slow, figures };
  } finally {
    await server?.stop('SIGKILL');
    await sink.stop();
    await postgres?.remove().catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
    if (disk) execFileSync('umount', ['--lazy', folder]);
    await rm(folder, { recursive: true, force: true });
  }
}

function mount(folder: string, megabytes: number): { problem?: string } {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=755`, 'vestibule-chaos', folder], {
      stdio: 'pipe',
    });
    return {};
  } catch (error) {
    return { problem: `no file system can be mounted here: ${(error as Error).message.split('\n')[1] ?? ''}` };
  }
}

/** Leaves nothing free. */
async function fill(disk: string, file: string): Promise<void> {
  const handle = await open(file, 'w');
  const block = Buffer.alloc(64 * 1024);
  try {
    while ((await statfs(disk)).bavail > 0) await handle.write(block);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    await handle.close();
  }
}

import { randomBytes, randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { acquireEmbeddedPostgres } from '../../src/dev/embedded-postgres.js';
import { applyMigrations } from '../../src/database/migrations.js';
import { fuzz, inWords } from './fuzz.js';

/** Megabytes that a server may hold more at the end than after the first tenth; see docs/operating.md. */
const MAY_GROW_MB = 50;

const { values: options } = parseArgs({
  options: {
    requests: { type: 'string', default: '1000000' },
    seed: { type: 'string' },
    clients: { type: 'string', default: '16' },
    /** The number of one request, which is shown with its answer. */
    only: { type: 'string' },
    /** A folder for snapshots of the server's heap. */
    snapshots: { type: 'string' },
  },
});

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'vestibule-fuzz-'));
  const postgres = await acquireEmbeddedPostgres(folder, {
    fsync: 'off',
    random_page_cost: '1.1',
    max_wal_size: '2GB',
  });
  try {
    await applyMigrations(postgres.url);
    const seed = Number(options.seed ?? randomInt(2 ** 31));
    say(`--seed ${seed}`);
    const { faults, answers, early, late, seconds } = await fuzz({
      databaseUrl: postgres.url,
      env: { ENCRYPTION_KEY: randomBytes(32).toString('base64') },
      organizations: 10_000,
      seed,
      requests: Number(options.requests),
      clients: Number(options.clients),
      only: options.only === undefined ? undefined : Number(options.only),
      snapshots: options.snapshots,
      say,
    });
    const statuses = [...answers].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
    say(`answers ${statuses.join(', ')}; ${Math.round(seconds)} s`);
    if (early) say(`memory after a tenth: ${inWords(early)}`);
    say(`memory at the end: ${inWords(late)}`);
    if (early && late.rss > early.rss + MAY_GROW_MB) faults.push(`memory grew from ${early.rss} to ${late.rss} MB`);
    say(`${faults.length} faults`);
    if (faults.length > 0) process.exitCode = 1;
  } finally {
    await postgres.release();
    await Promise.all([folder, postgres.home].map((path) => rm(path, { recursive: true, force: true })));
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

await main();

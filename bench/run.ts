import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import autocannon from 'autocannon';
import { SCOPES } from '../src/auth/scopes.js';
import { SigningKeys } from '../src/auth/signing-keys.js';
import { TokenIssuer } from '../src/auth/token-issuer.js';
import { loadConfig } from '../src/config/config.js';
import { createPool, createPrisma } from '../src/database/database.js';
import { acquireEmbeddedPostgres } from '../src/database/embedded-postgres.js';
import { applyMigrations } from '../src/database/migrations.js';
import { OPERATIONS, type Operation } from './operations.js';
import { removeLeftovers, seed } from './seed.js';
import { ServerProcess } from './server-process.js';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    large: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '8' },
    only: { type: 'string', default: '' },
  },
});

const CLIENTS = 16;
const WARM_UP_SECONDS = 3;
const POOL_SIZE = '10';
/** An SSD's. Durability is on, on both sides. */
const POSTGRES_SETTINGS = { random_page_cost: '1.1', shared_buffers: '512MB', max_wal_size: '4GB' };

interface Sample {
  requestsPerSecond: number;
  p50: number;
  p99: number;
  cpuMicrosecondsPerRequest: number;
  residentMegabytes: number;
}

interface Row {
  operation: string;
  target: number;
  vestibule: Sample;
  bare: Sample;
  /** Median of the rounds' own ratios. */
  ratio: number;
}

/** What both servers serve. */
interface World {
  readonly databaseUrl: string;
  readonly organizations: number;
  readonly token: string;
}

async function main(): Promise<void> {
  const organizations = options.large ? 1_000_000 : 10_000;
  const folder = await mkdtemp(join(tmpdir(), 'vestibule-bench-'));
  const postgres = await acquireEmbeddedPostgres(folder, POSTGRES_SETTINGS);
  const servers: ServerProcess[] = [];
  try {
    await applyMigrations(postgres.url);
    say(`seeding ${organizations} organizations`);
    await seed(postgres.url, organizations);
    const { token, jwks, issuer } = await access(postgres.url);
    const env = { DATABASE_URL: postgres.url, DATABASE_POOL_SIZE: POOL_SIZE };
    const vestibule = await ServerProcess.vestibule(4701, { ...env, PUBLIC_URL: new URL(issuer).origin });
    servers.push(vestibule);
    const bare = await ServerProcess.bare(4702, { ...env, JWKS: jwks, ISSUER: issuer });
    servers.push(bare);

    const world = { databaseUrl: postgres.url, organizations, token };
    const rows: Row[] = [];
    for (const operation of OPERATIONS.filter(({ name }) => name.includes(options.only))) {
      rows.push(await compare(operation, vestibule, bare, world));
    }
    process.stdout.write(options.json ? `${JSON.stringify({ organizations, rows }, null, 2)}\n` : table(rows));
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    await postgres.release();
    await Promise.all([folder, postgres.home].map((path) => rm(path, { recursive: true, force: true })));
  }
}

/** A token for the server, and the keys by which bare checks the same one. */
async function access(databaseUrl: string): Promise<{ token: string; jwks: string; issuer: string }> {
  const config = loadConfig({ DATABASE_URL: databaseUrl });
  const pool = createPool(databaseUrl, 1);
  try {
    const signingKeys = new SigningKeys(createPrisma(pool));
    const issuer = new TokenIssuer(config, signingKeys);
    const token = await issuer.issue({ subject: 'bench', scopes: SCOPES, lifetimeSeconds: 86_400 });
    return { token, jwks: JSON.stringify(await signingKeys.publicKeys()), issuer: config.auth.issuer };
  } finally {
    await pool.end();
  }
}

/** Both servers in turns, so that a machine that gets slower does so for both. */
async function compare(
  operation: Operation,
  vestibule: ServerProcess,
  bare: ServerProcess,
  world: World,
): Promise<Row> {
  const measure = (server: ServerProcess, seconds: number) => load(operation, server, world, seconds);
  say(`${operation.name}: warming up`);
  await measure(vestibule, WARM_UP_SECONDS);
  await measure(bare, WARM_UP_SECONDS);
  const pairs: { vestibule: Sample; bare: Sample }[] = [];
  for (let round = 1; round <= Number(options.rounds); round++) {
    const pair = {
      vestibule: await measure(vestibule, Number(options.seconds)),
      bare: await measure(bare, Number(options.seconds)),
    };
    pairs.push(pair);
    say(`${operation.name}: round ${round}, ratio ${ratioOf(pair).toFixed(2)}`);
  }
  return {
    operation: operation.name,
    target: operation.target,
    vestibule: medianSample(pairs.map((pair) => pair.vestibule)),
    bare: medianSample(pairs.map((pair) => pair.bare)),
    ratio: median(pairs.map(ratioOf)),
  };
}

const ratioOf = (pair: { vestibule: Sample; bare: Sample }) =>
  pair.vestibule.requestsPerSecond / pair.bare.requestsPerSecond;

async function load(operation: Operation, server: ServerProcess, world: World, seconds: number): Promise<Sample> {
  const cpuBefore = server.cpuMicroseconds();
  const result = await autocannon({
    url: server.url,
    connections: CLIENTS,
    duration: seconds,
    headers: { authorization: `Bearer ${world.token}` },
    requests: operation.requests(world.organizations),
  });
  await removeLeftovers(world.databaseUrl);
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${operation.name} on ${server.name}: ${result.non2xx} answers not 2xx, ${result.errors} errors`);
  }
  return {
    requestsPerSecond: result.requests.total / result.duration,
    p50: result.latency.p50,
    p99: result.latency.p99,
    cpuMicrosecondsPerRequest: (server.cpuMicroseconds() - cpuBefore) / result.requests.total,
    residentMegabytes: server.residentMegabytes(),
  };
}

function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function medianSample(samples: Sample[]): Sample {
  const of = (pick: (sample: Sample) => number) => median(samples.map(pick));
  return {
    requestsPerSecond: of((sample) => sample.requestsPerSecond),
    p50: of((sample) => sample.p50),
    p99: of((sample) => sample.p99),
    cpuMicrosecondsPerRequest: of((sample) => sample.cpuMicrosecondsPerRequest),
    residentMegabytes: of((sample) => sample.residentMegabytes),
  };
}

function table(rows: Row[]): string {
  const header = ['operation', 'server', 'req/s', 'p50 ms', 'p99 ms', 'CPU µs/req', 'RSS MB', 'ratio', 'target'];
  const line = (row: Row, name: 'vestibule' | 'bare') => {
    const sample = row[name];
    const figures = [
      sample.requestsPerSecond.toFixed(0),
      sample.p50.toFixed(1),
      sample.p99.toFixed(1),
      sample.cpuMicrosecondsPerRequest.toFixed(0),
      sample.residentMegabytes.toFixed(0),
    ];
    return name === 'vestibule'
      ? [row.operation, name, ...figures, row.ratio.toFixed(2), `>= ${row.target}`]
      : ['', name, ...figures, '', ''];
  };
  const lines = [header, ...rows.flatMap((row) => [line(row, 'vestibule'), line(row, 'bare')])];
  const widths = header.map((_, column) => Math.max(...lines.map((cells) => cells[column]!.length)));
  return (
    lines
      .map((cells) =>
        cells
          .map((cell, column) => cell.padEnd(widths[column]!))
          .join('  ')
          .trimEnd(),
      )
      .join('\n') + '\n'
  );
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

await main();

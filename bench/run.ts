import { randomBytes } from 'node:crypto';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { SCOPES } from '../src/auth/scopes.js';
import { SigningKeysRepository } from '../src/auth/signing-keys.repository.js';
import { TokenIssuer } from '../src/auth/token-issuer.js';
import { loadConfig } from '../src/config/config.js';
import { createPool } from '../src/database/pool.js';
import { PrismaService } from '../src/database/prisma.service.js';
import { applyMigrations } from '../src/database/migrations.js';
import { Encryption } from '../src/encryption/encryption.js';
import { depthOfListing, slowClients, timeToReady } from './further.js';
import { compare, type Comparison, type Subject } from './measure.js';
import { OPERATIONS } from './operations.js';
import { overload } from './overload.js';
import { table } from './report.js';
import { seed } from './seed.js';
import { ServerProcess } from './server-process.js';
import { withPostgres } from './with-postgres.js';

const ENCRYPTION_KEY = randomBytes(32).toString('base64');

const { values: options } = parseArgs({
  options: {
    /** Print JSON. */
    json: { type: 'boolean', default: false },
    /** Compare a million organizations with ten thousand, instead of Vestibule with bare. */
    large: { type: 'boolean', default: false },
    /** Measure with more clients than can be served, instead of Vestibule with bare. */
    overload: { type: 'boolean', default: false },
    /** The folder of a built version that is the reference instead of bare. */
    against: { type: 'string' },
    /** Switch the change records off on both sides, to measure their cost. */
    unrecorded: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '8' },
  },
});

const ORGANIZATIONS = 10_000;
const MANY_ORGANIZATIONS = 1_000_000;
const POOL_SIZE = '10';
/** An SSD's page cost, and memory as a server would have. Durability is on, on both sides. */
const POSTGRES_SETTINGS = { random_page_cost: '1.1', shared_buffers: '512MB', max_wal_size: '4GB' };

/** A seeded database, with the environment and the requests for a server. */
interface World {
  readonly organizations: number;
  readonly token: string;
  readonly env: Record<string, string>;
}

async function main(postgresUrl: string): Promise<void> {
  const running = async (starting: Promise<ServerProcess>, world: World): Promise<Subject> => {
    return { ...world, server: await starting, databaseUrl: world.env['DATABASE_URL']! };
  };
  const small = await makeWorld(postgresUrl, 'small', ORGANIZATIONS);
  const vestibule = await running(ServerProcess.vestibule(4701, small.env), small);
  const rounds = { count: Number(options.rounds), seconds: Number(options.seconds), say };
  const chosen = OPERATIONS.filter(({ name }) => name.includes(options.only));
  const comparisons: Comparison[] = [];
  if (options.overload) {
    print([], await overload(vestibule, rounds));
  } else if (options.large) {
    const large = await makeWorld(postgresUrl, 'large', MANY_ORGANIZATIONS);
    const withMany = await running(ServerProcess.vestibule(4702, large.env, 'a million'), large);
    for (const operation of chosen) {
      comparisons.push(await compare({ ...operation, target: 0.85 }, withMany, vestibule, rounds));
    }
    print(comparisons, {
      'listing at row 900,000, ratio of time to row 0': await depthOfListing(withMany),
    });
  } else if (options.against !== undefined) {
    const other = await makeWorld(postgresUrl, 'other', ORGANIZATIONS, options.against);
    const before = await running(ServerProcess.vestibule(4702, other.env, 'the other version', options.against), other);
    for (const operation of chosen) {
      if (operation.reference?.server === 'vestibule') continue;
      comparisons.push(await compare({ ...operation, reference: undefined }, vestibule, before, rounds));
    }
    print(comparisons, {
      'milliseconds from start to ready': await timeToReady(4703, small.env),
      'milliseconds from start to ready, other version': await timeToReady(4703, other.env, options.against),
    });
  } else {
    const bare = await running(ServerProcess.bare(4702, small.env), small);
    for (const operation of chosen) {
      const reference = operation.reference?.server === 'vestibule' ? vestibule : bare;
      comparisons.push(await compare(operation, vestibule, reference, rounds));
    }
    print(comparisons, {
      'milliseconds from start to ready': await timeToReady(4703, small.env),
      'p99 with 64 slow clients, ratio to p99 without': await slowClients(vestibule),
    });
  }
}

async function makeWorld(postgresUrl: string, name: string, organizations: number, checkout?: string): Promise<World> {
  const admin = new pg.Client({ connectionString: postgresUrl });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${name}`);
  await admin.end();
  const url = new URL(postgresUrl);
  url.pathname = `/${name}`;
  const migrations = checkout && join(resolve(checkout), 'dist/database/migrations.js');
  const { applyMigrations: migrate } = migrations
    ? ((await import(migrations)) as { applyMigrations: typeof applyMigrations })
    : { applyMigrations };
  await migrate(url.href);
  const startedAt = performance.now();
  await seed(url.href, organizations);
  if (options.unrecorded) await stopRecording(url.href);
  say(`seeded ${organizations} organizations in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  return { organizations, ...(await access(url.href)) };
}

async function stopRecording(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query(`
    ALTER TABLE organization_connections DISABLE TRIGGER organization_connections_record_change,
                                         DISABLE TRIGGER organization_connections_record_presence`);
  await client.end();
}

/** A token for the server, and the keys by which bare checks the same one. */
async function access(databaseUrl: string): Promise<{ token: string; env: Record<string, string> }> {
  const config = loadConfig({ DATABASE_URL: databaseUrl, ENCRYPTION_KEY });
  const pool = createPool(databaseUrl, { max: 1, waitMs: 10_000 });
  try {
    const encryption = new Encryption(config.encryption!.keys);
    // As the start of a server does.
    await pool.query('INSERT INTO encryption_keys (id) VALUES ($1)', [encryption.keyId]);
    const signingKeys = new SigningKeysRepository(new PrismaService(pool), encryption);
    const issuer = new TokenIssuer(config, signingKeys);
    const token = await issuer.issue({ subject: 'bench', scopes: SCOPES, lifetimeSeconds: 86_400 });
    const env = {
      DATABASE_URL: databaseUrl,
      ENCRYPTION_KEY,
      DATABASE_POOL_SIZE: POOL_SIZE,
      PUBLIC_URL: config.publicUrl,
      ISSUER: config.auth.issuer,
      JWKS: JSON.stringify(await signingKeys.publicKeys()),
    };
    return { token, env };
  } finally {
    await pool.end();
  }
}

function print(comparisons: readonly Comparison[], further: Record<string, number>): void {
  if (options.json) process.stdout.write(`${JSON.stringify({ comparisons, further }, null, 2)}\n`);
  else process.stdout.write(table(comparisons, further));
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

await withPostgres(POSTGRES_SETTINGS, main);

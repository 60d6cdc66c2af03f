import { randomBytes } from 'node:crypto';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { SCOPES } from '../src/auth/scopes.js';
import { Encryption } from '../src/encryption/encryption.js';
import { SigningKeysRepository } from '../src/auth/signing-keys.repository.js';
import { TokenIssuer } from '../src/auth/token-issuer.js';
import { loadConfig } from '../src/config/config.js';
import { createPool } from '../src/database/pool.js';
import { PrismaService } from '../src/database/prisma.service.js';
import { applyMigrations } from '../src/database/migrations.js';
import { EVENT_TYPES } from '../src/event-streams/domain/event-type.js';
import { ServerProcess } from './server-process.js';
import { withPostgres } from './with-postgres.js';

/**
 * `npx tsx bench/events.ts`: how many events a second a server delivers to a sink on this machine, and how old they are
 * when they arrive while so many changes a second are made. The sink is a process of its own; the changes are made by
 * plain SQL, so that the server has nothing else to do.
 */
const ORGANIZATIONS = 1_000;
const BACKLOG = 40_000;
const CHANGES_A_SECOND = 500;
const SECONDS = 30;
const PORT = 4703;

async function main(postgresUrl: string): Promise<void> {
  const sink = fork(fileURLToPath(new URL('./sink.ts', import.meta.url)), { execArgv: ['--import', 'tsx'] });
  const [sinkPort] = (await once(sink, 'message')) as [number];
  /** The ages of the events since the last call, in milliseconds. */
  const arrivals = async () => {
    sink.send('');
    return ((await once(sink, 'message')) as [number[]])[0];
  };
  const url = new URL(postgresUrl);
  url.pathname = 'events';
  const admin = new pg.Client({ connectionString: postgresUrl });
  await admin.connect();
  await admin.query('CREATE DATABASE events');
  await admin.end();
  await applyMigrations(url.href);
  const env = {
    DATABASE_URL: url.href,
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    PUBLIC_URL: `http://localhost:${PORT}`,
    EVENT_DESTINATIONS_ALLOW: '127.0.0.1',
    LOG_LEVEL: 'warn',
  };
  await ServerProcess.vestibule(PORT, env);
  const client = new pg.Pool({ connectionString: url.href, max: 8 });
  await client.query(
    `INSERT INTO organizations (id, name) SELECT 'org_' || lpad(n::text, 16, '0'), 'org-' || n FROM generate_series(1, ${ORGANIZATIONS}) n`,
  );
  const token = await tokenFor(url.href, env);
  const response = await fetch(`http://127.0.0.1:${PORT}/api/v2/event-streams`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      subscriptions: EVENT_TYPES.map((event_type) => ({ event_type })),
      destination: {
        type: 'webhook',
        configuration: {
          webhook_endpoint: `http://127.0.0.1:${sinkPort}/`,
          webhook_authorization: { method: 'bearer', token: 'token' },
        },
      },
    }),
  });
  if (response.status !== 201) throw new Error(await response.text());
  const change = (share: string, values: unknown[]) =>
    client.query(`UPDATE organizations SET display_name = md5(random()::text) WHERE ${share}`, values);

  const count = BACKLOG / ORGANIZATIONS;
  for (let round = 0; round < count; round++) await change('true', []);
  await arrivals();
  const startedAt = performance.now();
  let delivered = 0;
  // The first and the last second are not whole ones.
  while (performance.now() - startedAt < 60_000) {
    await delay(1_000);
    const { length: arrived } = await arrivals();
    delivered += arrived;
    say(`${arrived} in a second`);
    if (arrived === 0 && delivered > 0) break;
  }

  say(`\n${CHANGES_A_SECOND} changes a second, for ${SECONDS} s`);
  await arrivals();
  const begun = performance.now();
  for (let made = 0; made < CHANGES_A_SECOND * SECONDS;) {
    const due = Math.min(
      CHANGES_A_SECOND * SECONDS,
      Math.floor(((performance.now() - begun) * CHANGES_A_SECOND) / 1_000),
    );
    const ids = Array.from({ length: due - made }, () => 1 + Math.floor(Math.random() * ORGANIZATIONS));
    made = due;
    await Promise.all(ids.map((id) => change('id = $1', [`org_${String(id).padStart(16, '0')}`])));
    await delay(5);
  }
  await delay(2_000);
  const sorted = (await arrivals()).sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  say(`${sorted.length} arrived; age when they did, in ms: p50 ${at(0.5)}, p99 ${at(0.99)}, most ${at(1)}`);
}

async function tokenFor(databaseUrl: string, env: Record<string, string>): Promise<string> {
  const pool = createPool(databaseUrl, { max: 1, waitMs: 10_000 });
  const config = loadConfig({ ...env, PORT: String(PORT) });
  const issuer = new TokenIssuer(
    config,
    new SigningKeysRepository(new PrismaService(pool), new Encryption(config.encryption!.keys)),
  );
  const token = await issuer.issue({ subject: 'bench', scopes: SCOPES, lifetimeSeconds: 86_400 });
  await pool.end();
  return token;
}

const say = (line: string) => process.stdout.write(`${line}\n`);

await withPostgres({ shared_buffers: '512MB', max_wal_size: '4GB' }, main);

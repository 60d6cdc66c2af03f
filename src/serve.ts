import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { pino, type Logger } from 'pino';
import type { AppConfig } from './config/config.js';
import { createPool } from './database/pool.js';
import { applyMigrations, untilMigrated } from './database/migrations.js';
import { originsOf } from './http/origins.js';
import { openDatabase, tlsCredentials, withEncryptionKeys } from './resources.js';
import { startServer, type RunningServer } from './server.js';
import { stopSignal } from './stop-signal.js';
import { unlessAborted } from './unless-aborted.js';

/** Runs the server until SIGINT or SIGTERM, which also cancel its start. Migrates the database first, if configured. */
export async function serve(config: AppConfig): Promise<void> {
  const logger = createLogger(config);
  const stop = stopSignal((signal) => logger.info({ signal }, 'stopping'));
  try {
    await serveUntil(stop, config, logger);
  } catch (error) {
    const isCancelled = stop.aborted && error instanceof Error && error.name === 'AbortError';
    if (!isCancelled) throw error;
  }
}

async function serveUntil(stop: AbortSignal, config: AppConfig, logger: Logger): Promise<void> {
  const database = await openDatabase(config, stop);
  try {
    const applied = config.migratesOnStart ? await applyMigrations(database.url, stop) : [];
    if (!config.migratesOnStart) await untilMigrated(database.url, config.deadlines.database, stop);
    // In development, plain lines are printed instead.
    if (config.production) for (const migration of applied) logger.info({ migration }, 'migration applied');
    const tls = config.tls && (await unlessAborted(tlsCredentials(config.tls), stop));
    const pool = createPool(database.url, {
      max: config.databasePoolSize,
      waitMs: config.poolWaitMs,
      onIdleError: (error) => logger.warn({ err: error }, 'an idle database connection broke'),
    });
    const keyed = await unlessAborted(withEncryptionKeys(config), stop);
    const server = await unlessAborted(startServer(keyed, pool, logger, tls), stop);
    const { httpPort, httpsPort, metricsPort } = server;
    if (config.production) {
      logger.info({ host: config.host, httpPort, httpsPort, metricsPort, database: database.description }, 'listening');
    } else {
      announce(config, server, database.description, (line) => process.stdout.write(`${line}\n`));
    }
    if (!stop.aborted) await once(stop, 'abort');
    await server.drain();
    const { shutdown } = config.deadlines;
    const isClosed = await Promise.race([server.close().then(() => true), delay(shutdown, false)]);
    if (!isClosed) logger.warn({ milliseconds: shutdown }, 'requests cut off');
  } finally {
    await database.release();
  }
}

/** Buffers lines and writes them a few times a second, and when the process exits. */
function createLogger({ logLevel }: AppConfig): Logger {
  const destination = pino.destination({ sync: false, minLength: 8192 });
  setInterval(() => destination.flush(), 200).unref();
  return pino({ level: logLevel, base: undefined }, destination);
}

function announce(config: AppConfig, server: RunningServer, database: string, say: (line: string) => void): void {
  const origins = originsOf(config.host, server.httpPort, server.httpsPort);
  say('');
  say(`Vestibule listens on ${origins.join(' and ')}`);
  say(`Database: ${database}`);
  if (config.metrics) say(`Metrics: ${originsOf(config.metrics.host, server.metricsPort!).join()}/metrics`);
  if (config.auth.kind === 'built-in') {
    const { sharedVariables } = config;
    const same = sharedVariables.length === 0 ? '' : ` with the same ${sharedVariables.join(', ')}`;
    say(`Next, in another terminal${same}:`);
    say('  TOKEN=$(npx vestibule token)');
    say(`  curl -H "Authorization: Bearer $TOKEN" "${origins[0]}/api/v2/connections"`);
  } else {
    say(`Tokens are those of ${config.auth.issuer}`);
  }
  say('Stop with Ctrl-C.');
  say('');
}

import pg from 'pg';
import { pino } from 'pino';
import { loadConfig, type AppConfig, type Deadlines, type RemovalConfig } from '../../src/config/config.js';
import { createPool } from '../../src/database/pool.js';
import type { LookUpTxt } from '../../src/discovery-domains/txt-records.js';
import type { TlsCredentials } from '../../src/http/adapter.js';
import { startServer, type RunningServer } from '../../src/server.js';
import { Api } from './api.js';
import { createDatabase, type TestDatabase } from './databases.js';
import { ENCRYPTION_KEY } from './encryption.js';
import { TestIssuer } from './issuer.js';

export interface TestApp {
  /** Calls with a token that has every scope. */
  readonly api: Api;
  readonly issuer: TestIssuer;
  readonly server: RunningServer;
  readonly databaseUrl: string;
  /** What the server logged, a parsed line each. */
  readonly log: Record<string, unknown>[];
  /** One statement straight to the database, past the service. */
  sql<Row extends pg.QueryResultRow = pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
}

export interface TestAppOptions {
  /** Environment variables to start with. */
  env?: Record<string, string>;
  tls?: TlsCredentials;
  deadlines?: Partial<Deadlines>;
  removal?: RemovalConfig;
  /** How TXT records are found; by default there are none. */
  lookUpTxt?: LookUpTxt;
  /** Default: a copy of the migrated template, dropped afterwards. */
  database?: TestDatabase;
}

/**
 * Declares a server for the tests of the describe block it is called in: started before them on a free port and a
 * database of its own, closed and dropped after them. The object is filled in when the server listens.
 */
export function useApp(options: TestAppOptions = {}): TestApp {
  const app = {} as TestApp;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    const started = await startApp(options);
    stop = started.stop;
    Object.assign(app, started.app);
  });
  afterAll(() => stop());
  return app;
}

export async function startApp(options: TestAppOptions = {}): Promise<{ app: TestApp; stop: () => Promise<void> }> {
  const database = options.database ?? (await createDatabase());
  const base = testConfig(database.url, options.env);
  const config = {
    ...base,
    deadlines: { ...base.deadlines, ...options.deadlines },
    removal: options.removal ?? base.removal,
  };
  const log: Record<string, unknown>[] = [];
  const logger = pino(
    { level: config.logLevel, base: undefined },
    { write: (line: string) => void log.push(JSON.parse(line) as Record<string, unknown>) },
  );
  const pool = createPool(database.url, { max: config.databasePoolSize, waitMs: config.poolWaitMs });
  const lookUpTxt = options.lookUpTxt ?? (() => Promise.resolve([]));
  const server = await startServer(config, pool, logger, options.tls, lookUpTxt);
  const issuer = await TestIssuer.builtIn(database.url, config);
  const client = new pg.Client({ connectionString: database.url });
  client.on('error', () => undefined);
  await client.connect();
  const app: TestApp = {
    api: new Api(`http://127.0.0.1:${server.httpPort}`, await issuer.token()),
    issuer,
    server,
    databaseUrl: database.url,
    log,
    sql: async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
      (await client.query<Row>(text, values)).rows,
  };
  return {
    app,
    stop: async () => {
      await server.close();
      await client.end();
      await database.drop();
    },
  };
}

/**
 * A configuration as the environment would make it, but for the ports: those are any that are free. And on a machine that
 * is busy with other tests nobody is refused for having waited a second.
 */
export function testConfig(databaseUrl: string, env: Record<string, string> = {}): AppConfig {
  const config = loadConfig({
    DATABASE_URL: databaseUrl,
    ENCRYPTION_KEY,
    LOG_LEVEL: 'info',
    POOL_WAIT_MS: '10000',
    ...env,
  });
  return { ...config, port: 0, tls: config.tls && { ...config.tls, port: 0 } };
}

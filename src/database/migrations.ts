import { randomUUID } from 'node:crypto';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { paths } from '../paths.js';
import { unlessAborted } from '../unless-aborted.js';
import { findHandWrittenDrift } from './hand-written.js';
import { readMigrations, readSchema, withEngine } from './schema-engine.js';
import { DatabaseUnavailableError } from './wait-for-database.js';

/** The lock that the engine holds while it applies; also that of `prisma migrate deploy`. */
const ENGINE_LOCK = 72_707_369;
/** Held by the one of several processes that applies. */
const APPLY_LOCK = 1_986_359_924;
const POLL_MS = 100;
/** How long a database may take to answer when its sessions are to be ended. */
const END_WITHIN_MS = 1_000;
const UNDEFINED_TABLE = '42P01';

const filters = { externalTables: [], externalEnums: [] };

/**
 * Applies the migrations that the database does not have yet. Of several processes at once one applies, the others
 * wait for it and find nothing to do. One that failed before, or whose process was killed, is tried again.
 *
 * @param signal breaks it off; nothing is left of a migration that was under way
 * @returns names of the migrations that this call applied, oldest first
 * @throws MigrationFailedError with what Postgres said; those before it are applied
 * @throws AbortError when it was broken off
 */
export async function applyMigrations(databaseUrl: string, signal?: AbortSignal): Promise<string[]> {
  const sessions = `vestibule: migrates ${randomUUID()}`;
  const url = new URL(databaseUrl);
  url.searchParams.set('application_name', sessions);
  const work = applyPending(url.href);
  try {
    return await unlessAborted(work, signal);
  } catch (error) {
    if (signal?.aborted) await breakOff(work, databaseUrl, sessions);
    throw error;
  }
}

async function applyPending(connectionString: string): Promise<string[]> {
  // Most starts find nothing to do, and then do without the engine and its memory.
  const names = await migrationNames();
  return withClient({ connectionString }, async (client) => {
    if (await isUpToDate(client, names)) return [];
    await acquireApplyLock(client);
    if (await isUpToDate(client, names)) return [];
    await forgetUnfinished(client);
    return withEngine(connectionString, async (engine, migrationsList) => {
      const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList, filters });
      return appliedMigrationNames;
    });
  });
}

/**
 * Has Postgres end the sessions that apply. If their connections were only closed, Postgres would go on with a statement
 * that runs or waits for a lock. A database that does not answer is left alone.
 */
async function breakOff(work: Promise<unknown>, connectionString: string, sessions: string): Promise<void> {
  const hasEnded = work.then(
    () => true,
    () => true,
  );
  const config = { connectionString, connectionTimeoutMillis: END_WITHIN_MS, query_timeout: END_WITHIN_MS };
  const endSessions = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1';
  try {
    // More than once, because the work may just be opening another.
    do await withClient(config, (client) => client.query(endSessions, [sessions]));
    while (!(await Promise.race([hasEnded, delay(POLL_MS, false)])));
  } catch {
    // It does not answer.
  }
}

/** Whether the database has every migration of this version. Changes nothing. */
export async function isMigrated(connectionString: string): Promise<boolean> {
  const names = await migrationNames();
  return withClient({ connectionString }, (client) => isUpToDate(client, names));
}

/**
 * Waits until somebody else has applied every migration of this version.
 *
 * @throws DatabaseUnavailableError when nobody has within the deadline
 * @throws AbortError when it was broken off
 */
export async function untilMigrated(databaseUrl: string, deadlineMs: number, signal?: AbortSignal): Promise<void> {
  const giveUpAt = Date.now() + deadlineMs;
  while (!(await unlessAborted(isMigrated(databaseUrl), signal))) {
    if (Date.now() > giveUpAt) {
      throw new DatabaseUnavailableError(
        `The database has not been brought up to date for ${deadlineMs / 1000} s: "vestibule migrate" does that.`,
      );
    }
    await delay(POLL_MS, undefined, { signal });
  }
}

/**
 * Waits until no other process applies, by polling. A statement that waited for the lock instead would be a transaction
 * of its own, and a CREATE INDEX CONCURRENTLY of the other process waits for all transactions to end. The lock is
 * released with the connection.
 */
async function acquireApplyLock(client: pg.Client): Promise<void> {
  const tryLock = () => client.query<{ granted: boolean }>('SELECT pg_try_advisory_lock($1) AS granted', [APPLY_LOCK]);
  while (!(await tryLock()).rows[0]!.granted) await delay(POLL_MS);
}

/**
 * The engine refuses to go on after a migration that has begun and not ended. But a script and the record of its end
 * are one transaction here (see `schema-engine.ts`), so of such a migration there is nothing in the database, unless it
 * stands alone: then trying again says what is in the way.
 */
async function forgetUnfinished(client: pg.Client): Promise<void> {
  const forget = `
    SELECT pg_advisory_xact_lock(${ENGINE_LOCK});
    UPDATE _prisma_migrations SET rolled_back_at = CURRENT_TIMESTAMP WHERE finished_at IS NULL AND rolled_back_at IS NULL`;
  await client.query(forget).catch(unlessWithoutHistory);
}

async function isUpToDate(client: pg.Client, names: readonly string[]): Promise<boolean> {
  const history = `
    SELECT migration_name AS name, finished_at IS NOT NULL AS finished FROM _prisma_migrations
     WHERE rolled_back_at IS NULL`;
  const result = await client.query<{ name: string; finished: boolean }>(history).catch(unlessWithoutHistory);
  if (result === undefined) return false;
  const applied = new Set(result.rows.map(({ name }) => name));
  return result.rows.every(({ finished }) => finished) && names.every((name) => applied.has(name));
}

/** For a database that never was migrated. */
function unlessWithoutHistory(error: unknown): undefined {
  if ((error as { code?: string }).code !== UNDEFINED_TABLE) throw error;
}

async function migrationNames(): Promise<string[]> {
  return (await readMigrations()).migrationDirectories.map(({ path }) => path);
}

async function withClient<T>(config: pg.ClientConfig, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(config);
  // A connection that breaks while nothing is asked of it; the next statement on it says so.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** The name of the newest migration that is applied. */
export async function newestMigration(pool: pg.Pool): Promise<string> {
  const { rows } = await pool.query<{ name: string }>(
    `SELECT migration_name AS name FROM _prisma_migrations
      WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL ORDER BY migration_name COLLATE "C" DESC LIMIT 1`,
  );
  return rows[0]?.name ?? 'none';
}

export interface MigrationStatus {
  /** Not applied yet, oldest first. */
  readonly pending: string[];
  /** Begun and not ended: it failed, or is under way. The next apply tries it again. */
  readonly failed: string[];
  /** Applied, and changed in the folder afterwards. */
  readonly edited: string[];
  /** Applied, and not in the folder: the database is newer than this version. */
  readonly unknown: string[];
  /** What differs between the database and the schema, in words; empty while migrations are pending. */
  readonly drift: string[];
}

/** Compares the database with the migrations folder and the schema. Changes nothing. */
export async function migrationStatus(databaseUrl: string): Promise<MigrationStatus> {
  const { history, failedMigrationNames, editedMigrationNames } = await withEngine(
    databaseUrl,
    (engine, migrationsList) =>
      engine.diagnoseMigrationHistory({ migrationsList, optInToShadowDatabase: false, filters }),
  );
  const pending = history && 'unappliedMigrationNames' in history ? history.unappliedMigrationNames : [];
  const unknown = history && 'unpersistedMigrationNames' in history ? history.unpersistedMigrationNames : [];
  const isComparable = pending.length === 0 && failedMigrationNames.length === 0;
  const drift = isComparable ? await findDrift(databaseUrl) : [];
  return { pending, failed: failedMigrationNames, edited: editedMigrationNames, unknown, drift };
}

/** A line for everything that is not as it should be; none when the database is up to date and as the schema says. */
export function describeStatus(status: MigrationStatus): string[] {
  return [
    ...status.pending.map((name) => `pending: ${name}`),
    ...status.failed.map((name) => `failed: ${name}`),
    ...status.edited.map((name) => `edited after it was applied: ${name}`),
    ...status.unknown.map((name) => `applied, but not in this version: ${name}`),
    ...status.drift.map((difference) => `differs from the schema: ${difference}`),
  ];
}

/** Where the database is not exactly the Prisma schema and the hand-written constraints, a line each. */
async function findDrift(connectionString: string): Promise<string[]> {
  const schema = await readSchema();
  const { exitCode, stdout } = await withEngine(connectionString, (engine) =>
    engine.diff({
      from: { tag: 'schemaDatasource', configDir: dirname(paths.schema), ...schema },
      to: { tag: 'schemaDatamodel', ...schema },
      script: true,
      exitCode: true,
      filters,
    }),
  );
  const fromSchema = exitCode === 0 ? [] : (stdout ?? '').split('\n').filter((line) => line && !line.startsWith('--'));
  return [...fromSchema, ...(await withClient({ connectionString }, findHandWrittenDrift))];
}

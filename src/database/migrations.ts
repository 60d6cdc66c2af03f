import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { paths } from '../paths.js';
import { unlessAborted } from '../unless-aborted.js';
import { readMigrations, readSchema, withEngine } from './schema-engine.js';
import { DatabaseUnavailableError } from './wait-for-database.js';

/** The advisory lock that the engine and `prisma migrate deploy` hold while they apply migrations. */
const ENGINE_LOCK = 72_707_369;
/** The advisory lock of this service: one of several processes applies migrations. */
const APPLY_LOCK = 1_986_359_924;
const POLL_MS = 100;
/** The time limit for ending sessions. */
const END_WITHIN_MS = 1_000;
const UNDEFINED_TABLE = '42P01';

const filters = { externalTables: [], externalEnums: [] };

/**
 * Applies the migrations that the database does not have yet. Of several processes at once, one applies them and the
 * others wait. A migration that failed, or whose process was killed, is tried again.
 *
 * @param signal cancels it; the running migration is rolled back
 * @returns names of the migrations that this call applied, oldest first
 * @throws MigrationFailedError with the message of Postgres; earlier migrations stay applied
 * @throws AbortError when it was cancelled
 */
export async function applyMigrations(databaseUrl: string, signal?: AbortSignal): Promise<string[]> {
  const sessions = `vestibule: migrates ${randomUUID()}`;
  const url = new URL(databaseUrl);
  url.searchParams.set('application_name', sessions);
  const work = applyPending(url.href);
  try {
    return await unlessAborted(work, signal);
  } catch (error) {
    if (signal?.aborted) await cancel(work, databaseUrl, sessions);
    throw error;
  }
}

async function applyPending(connectionString: string): Promise<string[]> {
  // Most starts have nothing to apply, and do not load the engine, which takes much memory.
  const names = await migrationNames();
  return withClient({ connectionString }, async (client) => {
    if (await isUpToDate(client, names)) return [];
    await acquireApplyLock(client);
    if (await isUpToDate(client, names)) return [];
    await markUnfinishedAsRolledBack(client);
    return withEngine(connectionString, async (engine, migrationsList) => {
      const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList, filters });
      return appliedMigrationNames;
    });
  });
}

/**
 * Ends the sessions that apply migrations. Closing their connections would not do: Postgres would finish a statement that
 * runs or waits for a lock. Does nothing when the database does not answer.
 */
async function cancel(work: Promise<unknown>, connectionString: string, sessions: string): Promise<void> {
  const hasEnded = Promise.allSettled([work]);
  const config = { connectionString, connectionTimeoutMillis: END_WITHIN_MS, query_timeout: END_WITHIN_MS };
  const endSessions = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1';
  try {
    // Repeated, because the work may be opening another session.
    do await withClient(config, (client) => client.query(endSessions, [sessions]));
    while (!(await Promise.race([hasEnded, delay(POLL_MS, false)])));
  } catch {
    // The database does not answer.
  }
}

/** Whether the database has every migration of this version. Changes nothing. */
export async function isMigrated(connectionString: string): Promise<boolean> {
  const names = await migrationNames();
  return withClient({ connectionString }, (client) => isUpToDate(client, names));
}

/**
 * Waits until another process has applied every migration of this version.
 *
 * @throws DatabaseUnavailableError when the deadline passes
 * @throws AbortError when the signal was aborted
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
 * Waits by polling until no other process applies migrations. A statement that waits for the lock would be a transaction,
 * and CREATE INDEX CONCURRENTLY in the other process waits for all transactions. The lock ends with the connection.
 */
async function acquireApplyLock(client: pg.Client): Promise<void> {
  const tryLock = () => client.query<{ granted: boolean }>('SELECT pg_try_advisory_lock($1) AS granted', [APPLY_LOCK]);
  while (!(await tryLock()).rows[0]!.granted) await delay(POLL_MS);
}

/**
 * Marks unfinished migrations as rolled back, so that the engine tries them again instead of refusing. A script and the
 * record of its end are one transaction (see `schema-engine.ts`), so nothing of such a migration is in the database. One
 * that cannot run in a transaction fails again if something of it was left.
 */
async function markUnfinishedAsRolledBack(client: pg.Client): Promise<void> {
  const mark = `
    SELECT pg_advisory_xact_lock(${ENGINE_LOCK});
    UPDATE _prisma_migrations SET rolled_back_at = CURRENT_TIMESTAMP WHERE finished_at IS NULL AND rolled_back_at IS NULL`;
  await client.query(mark).catch(ignoreMissingHistory);
}

async function isUpToDate(client: pg.Client, names: readonly string[]): Promise<boolean> {
  const history = `
    SELECT migration_name AS name, finished_at IS NOT NULL AS finished FROM _prisma_migrations
     WHERE rolled_back_at IS NULL`;
  const result = await client.query<{ name: string; finished: boolean }>(history).catch(ignoreMissingHistory);
  if (result === undefined) return false;
  const applied = new Set(result.rows.map(({ name }) => name));
  return result.rows.every(({ finished }) => finished) && names.every((name) => applied.has(name));
}

/** Rethrows any error but that of a database that was never migrated. */
function ignoreMissingHistory(error: unknown): undefined {
  if ((error as { code?: string }).code !== UNDEFINED_TABLE) throw error;
}

async function migrationNames(): Promise<string[]> {
  return (await readMigrations()).migrationDirectories.map(({ path }) => path);
}

async function withClient<T>(config: pg.ClientConfig, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(config);
  // If the connection breaks between statements, the next statement fails.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

/** Returns the name of the newest applied migration, or `none`. */
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
  /** Begun and not finished: they failed, or are running. The next `applyMigrations` tries them again. */
  readonly failed: string[];
  /** Applied, and changed in the folder afterwards. */
  readonly edited: string[];
  /** Applied, and not in the folder of this older version. */
  readonly unknown: string[];
  /** Differences between the database and the schema, in words; empty while migrations are pending. */
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

/** Returns a line for each problem, none when the database is up to date and matches the schema. */
export function describeStatus(status: MigrationStatus): string[] {
  return [
    ...status.pending.map((name) => `pending: ${name}`),
    ...status.failed.map((name) => `failed: ${name}`),
    ...status.edited.map((name) => `edited after it was applied: ${name}`),
    ...status.unknown.map((name) => `applied, but not in this version: ${name}`),
    ...status.drift.map((difference) => `differs from the schema: ${difference}`),
  ];
}

/** Returns a line for each difference of the database from the Prisma schema and the hand-written definitions. */
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

/** Compares the database with `prisma/hand-written.txt`, a line for each definition that a Prisma schema cannot express. */
async function findHandWrittenDrift(client: pg.Client): Promise<string[]> {
  const expected = (await readFile(paths.handWritten, 'utf8')).split('\n').filter(Boolean);
  const { rows } = await client.query<{ definition: string }>(await readFile(paths.listHandWritten, 'utf8'));
  const found = rows.map(({ definition }) => definition.trimEnd());
  return [
    ...expected.filter((definition) => !found.includes(definition)).map((definition) => `missing: ${definition}`),
    ...found.filter((definition) => !expected.includes(definition)).map((definition) => `not declared: ${definition}`),
  ];
}

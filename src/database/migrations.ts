import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import type * as Engine from '@prisma/schema-engine-wasm';
import pg from 'pg';
import { paths } from '../paths.js';
import { unlessAborted } from '../unless-aborted.js';
import { findHandWrittenDrift } from './hand-written.js';
import { DatabaseUnavailableError } from './wait-for-database.js';

// Prisma's own migration engine as WebAssembly: it keeps the same `_prisma_migrations` table as `prisma migrate deploy`,
// but is an npm package and not a binary that is fetched at install.

const NO_FILTER: Engine.SchemaFilter = { externalTables: [], externalEnums: [] };

/** The lock that the engine holds while it applies; also that of `prisma migrate deploy`. */
const ENGINE_LOCK = 72_707_369;
/** Held by whoever of several processes applies. */
const TURN_LOCK = 1_986_359_924;
const TURN_POLL_MS = 100;
/** How long a database may take to answer when its sessions are to be ended. */
const END_WITHIN_MS = 1_000;

/** A migration that Postgres refused, in a line for the person who started it. */
export class MigrationFailedError extends Error {}

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

async function applyPending(databaseUrl: string): Promise<string[]> {
  const migrationsList = await readMigrations();
  return withClient({ connectionString: databaseUrl }, async (client) => {
    if (await isUpToDate(client, migrationsList)) return [];
    await takeTurn(client);
    if (await isUpToDate(client, migrationsList)) return [];
    await forgetUnfinished(client);
    return withEngine(databaseUrl, async (engine) => {
      const { appliedMigrationNames } = await engine.applyMigrations({ migrationsList, filters: NO_FILTER });
      return appliedMigrationNames;
    });
  });
}

/**
 * Has Postgres end the sessions of the work. Were their connections only closed, Postgres would go on with a statement
 * that runs or waits for a lock. A database that does not answer is left to itself.
 */
async function breakOff(work: Promise<unknown>, databaseUrl: string, sessions: string): Promise<void> {
  const ended = work.then(
    () => true,
    () => true,
  );
  const endSessions = () =>
    withClient(
      { connectionString: databaseUrl, connectionTimeoutMillis: END_WITHIN_MS, query_timeout: END_WITHIN_MS },
      (client) =>
        client.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [sessions]),
    ).then(
      () => true,
      () => false,
    );
  // More than once, because the work may just be opening another.
  while ((await endSessions()) && !(await Promise.race([ended, delay(TURN_POLL_MS, false)])));
}

/** Whether the database has every migration of this version. Changes nothing. */
export async function isMigrated(databaseUrl: string): Promise<boolean> {
  const migrationsList = await readMigrations();
  return withClient({ connectionString: databaseUrl }, (client) => isUpToDate(client, migrationsList));
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
    await delay(TURN_POLL_MS, undefined, { signal });
  }
}

/**
 * Waits until no other process applies, by polling. A statement that waited for the lock instead would be a transaction
 * of its own, and a CREATE INDEX CONCURRENTLY of the other process waits for all transactions to end. The lock is
 * released with the connection.
 */
async function takeTurn(client: pg.Client): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ granted: boolean }>('SELECT pg_try_advisory_lock($1) AS granted', [
      TURN_LOCK,
    ]);
    if (rows[0]?.granted) return;
    await delay(TURN_POLL_MS);
  }
}

/**
 * The engine refuses to go on after a migration that has begun and not ended. But a script and the record of its end
 * are one transaction here (see {@link EngineAdapter}), so of such a migration there is nothing in the database, unless
 * it stands alone: then trying again says what is in the way.
 */
async function forgetUnfinished(client: pg.Client): Promise<void> {
  if (!(await hasHistory(client))) return;
  await client.query(`
    BEGIN;
    SELECT pg_advisory_xact_lock(${ENGINE_LOCK});
    UPDATE _prisma_migrations SET rolled_back_at = CURRENT_TIMESTAMP
     WHERE finished_at IS NULL AND rolled_back_at IS NULL;
    COMMIT`);
}

async function hasHistory(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query("SELECT FROM pg_class WHERE oid = to_regclass('_prisma_migrations')");
  return rows.length > 0;
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

/** Most starts find nothing to do, and then do without the engine and its memory (some 100 MB). */
async function isUpToDate(client: pg.Client, { migrationDirectories }: Engine.MigrationList): Promise<boolean> {
  if (!(await hasHistory(client))) return false;
  const { rows } = await client.query<{ name: string; finished: boolean }>(
    `SELECT migration_name AS name, finished_at IS NOT NULL AS finished FROM _prisma_migrations
      WHERE rolled_back_at IS NULL`,
  );
  const applied = new Set(rows.map(({ name }) => name));
  return rows.every(({ finished }) => finished) && migrationDirectories.every(({ path }) => applied.has(path));
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
  const { history, failedMigrationNames, editedMigrationNames } = await withEngine(databaseUrl, async (engine) =>
    engine.diagnoseMigrationHistory({
      migrationsList: await readMigrations(),
      optInToShadowDatabase: false,
      filters: NO_FILTER,
    }),
  );
  const pending = history && 'unappliedMigrationNames' in history ? history.unappliedMigrationNames : [];
  const unknown = history && 'unpersistedMigrationNames' in history ? history.unpersistedMigrationNames : [];
  const comparable = pending.length === 0 && failedMigrationNames.length === 0;
  return {
    pending,
    failed: failedMigrationNames,
    edited: editedMigrationNames,
    unknown,
    drift: comparable ? await findDrift(databaseUrl) : [],
  };
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
async function findDrift(databaseUrl: string): Promise<string[]> {
  const schema = await schemaFile();
  const fromSchema = await withEngine(databaseUrl, async (engine) => {
    const { stdout, exitCode } = await engine.diff({
      from: { tag: 'schemaDatasource', configDir: dirname(paths.schema), ...schema },
      to: { tag: 'schemaDatamodel', ...schema },
      script: true,
      exitCode: true,
      filters: NO_FILTER,
    });
    return exitCode === 0 || stdout === null ? [] : stdout.split('\n').filter((line) => line && !line.startsWith('--'));
  });
  return [...fromSchema, ...(await withClient({ connectionString: databaseUrl }, findHandWrittenDrift))];
}

async function withEngine<T>(databaseUrl: string, work: (engine: Engine.SchemaEngine) => Promise<T>): Promise<T> {
  const { SchemaEngine } = await loadEngine();
  // A single connection, because the engine's advisory lock belongs to a session; freeing the engine does not close it.
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  const failures: MigrationFailedError[] = [];
  const adapter = bindMigrationAwareSqlAdapterFactory(new EngineAdapter(pool, (failure) => failures.push(failure)));
  const schema = await schemaFile();
  const engine = await SchemaEngine.new(
    { datamodels: schema.files.map(({ path, content }) => [path, content]) },
    () => undefined,
    adapter,
  );
  try {
    return await work(engine);
  } catch (error) {
    // The engine only says that something external failed.
    throw failures[0] ?? readable(error);
  } finally {
    engine.free();
    await pool.end();
  }
}

interface EngineExports {
  __wbindgen_start(): void;
}

/** The generated bindings, with a function that their types leave out. */
type EngineBindings = typeof Engine & { __wbg_set_wasm(exports: EngineExports): void };

// Part of Node, but @types/node leaves it to TypeScript's "dom" library, which would bring the browser's globals along.
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: EngineExports } }>;
};

/** Postgres' internal type "char", and text, by their numbers in `pg_type`. */
const INTERNAL_CHAR = 18;
const TEXT = 25;

const RECORD_END = `
  UPDATE _prisma_migrations SET finished_at = CURRENT_TIMESTAMP WHERE finished_at IS NULL AND rolled_back_at IS NULL`;

function failureOf(migration: string, script: string, error: unknown): MigrationFailedError {
  const { message, position } = error as { message: string; position?: string };
  const line = position === undefined ? '' : `, line ${script.slice(0, Number(position)).split('\n').length}`;
  const left = standsAlone(script) ? 'It may have left an invalid index behind' : 'Nothing of it was applied';
  return new MigrationFailedError(`Migration ${migration}${line}: ${message}. ${left}.`, { cause: error });
}

/** A statement that Postgres runs only by itself, outside any transaction. The engine records its end afterwards. */
const standsAlone = (script: string) => /\bCONCURRENTLY\b/i.test(script.replace(/--.*/g, ''));

/** Prisma's adapter, corrected where it does not do what the engine needs. */
class EngineAdapter extends PrismaPg {
  private readonly scripts = readMigrations().then(
    ({ migrationDirectories }) =>
      new Map(migrationDirectories.map((one) => [one.migrationFile.content.value, one.path])),
  );

  constructor(
    pool: pg.Pool,
    private readonly onFailure: (failure: MigrationFailedError) => void,
  ) {
    super(pool);
  }

  override async connect(): ReturnType<PrismaPg['connect']> {
    const adapter = await super.connect();
    const pool = adapter.underlyingDriver();

    // The adapter would split a script at every semicolon, also inside a comment or a function. Sent whole, the script
    // is parsed by Postgres and runs as one transaction, so a migration that fails leaves nothing behind. The record of
    // its end is part of that transaction, so a process killed right after it leaves no unfinished record. A statement
    // that Postgres refuses to run in a transaction is sent without the record.
    adapter.executeScript = async (script) => {
      const migration = (await this.scripts).get(script);
      try {
        const recordsItsEnd = migration !== undefined && !standsAlone(script);
        await pool.query(recordsItsEnd ? `${script}\n;${RECORD_END}` : script);
      } catch (error) {
        if (migration !== undefined) this.onFailure(failureOf(migration, script, error));
        throw error;
      }
    };

    // The adapter refuses columns of the type "char". The engine reads the kinds of constraints and foreign key actions
    // from such columns.
    const charColumns = new Set<string>();
    const query = pool.query.bind(pool) as (...given: unknown[]) => Promise<pg.QueryResult>;
    pool.query = (async (...given: unknown[]) => {
      const result = await query(...given);
      for (const field of result.fields ?? []) {
        if (field.dataTypeID !== INTERNAL_CHAR) continue;
        charColumns.add(field.name);
        field.dataTypeID = TEXT;
      }
      return result;
    }) as typeof pool.query;
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (given) => {
      const result = await queryRaw(given);
      result.columnNames.forEach((name, at) => {
        if (charColumns.has(name)) result.columnTypes[at] = ColumnTypeEnum.Character;
      });
      return result;
    };
    return adapter;
  }
}

let loading: Promise<typeof Engine> | undefined;

/** The package's entry imports its `.wasm` as a module, which Node does not do by itself; so it is put together here. */
function loadEngine(): Promise<typeof Engine> {
  return (loading ??= (async () => {
    const require = createRequire(import.meta.url);
    const folder = dirname(require.resolve('@prisma/schema-engine-wasm'));
    const bindings = (await import('@prisma/schema-engine-wasm/schema_engine_bg')) as unknown as EngineBindings;
    const wasm = await WebAssembly.instantiate(await readFile(join(folder, 'schema_engine_bg.wasm')), {
      './schema_engine_bg.js': withoutLingeringTimers(bindings),
    });
    bindings.__wbg_set_wasm(wasm.instance.exports);
    wasm.instance.exports.__wbindgen_start();
    return bindings;
  })());
}

/** The engine gives its lock 10 s and never clears that timer, which would keep a process that is done from ending. */
function withoutLingeringTimers(bindings: EngineBindings): object {
  const setTimer = (callback: () => void, milliseconds: number) => setTimeout(callback, milliseconds).unref();
  return Object.fromEntries(
    Object.entries(bindings).map(([name, value]) => [name, name.startsWith('__wbg_setTimeout_') ? setTimer : value]),
  );
}

async function schemaFile() {
  return { files: [{ path: paths.schema, content: await readFile(paths.schema, 'utf8') }] };
}

async function readMigrations(): Promise<Engine.MigrationList> {
  const entries = await readdir(paths.migrations, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return {
    baseDir: paths.migrations,
    lockfile: {
      path: 'migration_lock.toml',
      content: await readFile(join(paths.migrations, 'migration_lock.toml'), 'utf8'),
    },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(
      names.sort().map(async (name) => ({
        path: name,
        migrationFile: {
          path: 'migration.sql',
          content: { tag: 'ok' as const, value: await readFile(join(paths.migrations, name, 'migration.sql'), 'utf8') },
        },
      })),
    ),
  };
}

/** The engine reports failures as JSON in the message; this is the part meant for people. */
function readable(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error));
  try {
    const { message } = JSON.parse(error.message) as { message?: string };
    return message ? new Error(message, { cause: error }) : error;
  } catch {
    return error;
  }
}

import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PrismaPg } from '@prisma/adapter-pg';
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from '@prisma/driver-adapter-utils';
import type * as Engine from '@prisma/schema-engine-wasm';
import pg from 'pg';
import { paths } from '../paths.js';

// Prisma's own migration engine as WebAssembly: it keeps the same `_prisma_migrations` table as `prisma migrate deploy`,
// but is an npm package and not a binary that is fetched at install.

/** Postgres refused a migration. The message is one line for the person who started it. */
export class MigrationFailedError extends Error {}

/** Runs Prisma's schema engine on the database. It takes some 100 MB of memory. */
export async function withEngine<T>(
  databaseUrl: string,
  work: (engine: Engine.SchemaEngine, migrationsList: Engine.MigrationList) => Promise<T>,
): Promise<T> {
  const [{ SchemaEngine }, migrationsList, { files }] = await Promise.all([
    loadEngine(),
    readMigrations(),
    readSchema(),
  ]);
  // A single connection, because the engine's advisory lock belongs to a session; freeing the engine does not close it.
  const pool = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  const adapter = new EngineAdapter(pool, migrationsList);
  const bound = bindMigrationAwareSqlAdapterFactory(adapter);
  const engine = await SchemaEngine.new({ datamodels: [[files[0]!.path, files[0]!.content]] }, () => undefined, bound);
  try {
    return await work(engine, migrationsList);
  } catch (error) {
    // The engine's own error does not have the message of Postgres.
    throw adapter.failure ?? readable(error);
  } finally {
    engine.free();
    await pool.end();
  }
}

export async function readSchema() {
  return { files: [{ path: paths.schema, content: await readFile(paths.schema, 'utf8') }] };
}

export async function readMigrations(): Promise<Engine.MigrationList> {
  const read = (...path: string[]) => readFile(join(paths.migrations, ...path), 'utf8');
  const entries = await readdir(paths.migrations, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  const migrationDirectories = names.sort().map(async (name) => ({
    path: name,
    migrationFile: {
      path: 'migration.sql',
      content: { tag: 'ok' as const, value: await read(name, 'migration.sql') },
    },
  }));
  return {
    baseDir: paths.migrations,
    lockfile: { path: 'migration_lock.toml', content: await read('migration_lock.toml') },
    shadowDbInitScript: '',
    migrationDirectories: await Promise.all(migrationDirectories),
  };
}

/** OIDs of Postgres' internal type "char" and of text. */
const INTERNAL_CHAR = 18;
const TEXT = 25;

const RECORD_END = `
  UPDATE _prisma_migrations SET finished_at = CURRENT_TIMESTAMP WHERE finished_at IS NULL AND rolled_back_at IS NULL`;

/** Whether a script cannot run in a transaction. The engine then records its end afterwards. */
const standsAlone = (script: string) => /\bCONCURRENTLY\b/i.test(script.replace(/--.*/g, ''));

/** Prisma's adapter, with two corrections that the engine needs. */
class EngineAdapter extends PrismaPg {
  failure?: MigrationFailedError;

  constructor(
    pool: pg.Pool,
    private readonly migrations: Engine.MigrationList,
  ) {
    super(pool);
  }

  override async connect(): ReturnType<PrismaPg['connect']> {
    const adapter = await super.connect();
    const pool = adapter.underlyingDriver();

    // The adapter would split a script at every semicolon, also inside a comment or a function. Sent whole, it runs as
    // one transaction, so a failed migration leaves nothing behind. The record of its end is part of that transaction, so
    // a process killed right after it leaves no unfinished record.
    adapter.executeScript = async (script) => {
      const { migrationDirectories } = this.migrations;
      const migration = migrationDirectories.find((one) => one.migrationFile.content.value === script);
      try {
        await pool.query(migration && !standsAlone(script) ? `${script}\n;${RECORD_END}` : script);
      } catch (error) {
        if (migration) this.failure = failureOf(migration.path, script, error);
        throw error;
      }
    };

    // The adapter refuses columns of the type "char", from which the engine reads the kinds of constraints.
    const chars = new Set<string>();
    const query = pool.query.bind(pool) as (...given: unknown[]) => Promise<pg.QueryResult>;
    pool.query = (async (...given: unknown[]) => {
      const result = await query(...given);
      for (const field of result.fields?.filter(({ dataTypeID }) => dataTypeID === INTERNAL_CHAR) ?? []) {
        chars.add(field.name);
        field.dataTypeID = TEXT;
      }
      return result;
    }) as typeof pool.query;
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (given) => {
      const { columnNames, columnTypes, rows } = await queryRaw(given);
      const typeOf = (name: string, at: number) => (chars.has(name) ? ColumnTypeEnum.Character : columnTypes[at]!);
      return { columnNames, columnTypes: columnNames.map(typeOf), rows };
    };
    return adapter;
  }
}

function failureOf(migration: string, script: string, error: unknown): MigrationFailedError {
  const { message, position } = error as { message: string; position?: string };
  const line = position === undefined ? '' : `, line ${script.slice(0, Number(position)).split('\n').length}`;
  const left = standsAlone(script) ? 'It may have left an invalid index behind' : 'Nothing of it was applied';
  return new MigrationFailedError(`Migration ${migration}${line}: ${message}. ${left}.`, { cause: error });
}

/** Returns the part for people of the engine's error, whose message is JSON. */
function readable(error: unknown): unknown {
  try {
    const { message } = JSON.parse((error as Error).message) as { message?: string };
    return message ? new Error(message, { cause: error }) : error;
  } catch {
    return error;
  }
}

/** The generated bindings, with a function that their types lack. */
type EngineBindings = typeof Engine & { __wbg_set_wasm(exports: object): void };

// Part of Node, but @types/node leaves it to TypeScript's "dom" library, which would bring the browser's globals along.
declare const WebAssembly: {
  instantiate(bytes: Uint8Array, imports: object): Promise<{ instance: { exports: { __wbindgen_start(): void } } }>;
};

let loading: Promise<typeof Engine> | undefined;

/** Loads the `.wasm` file, which the package's entry imports as a module: Node does not support that. */
function loadEngine(): Promise<typeof Engine> {
  return (loading ??= (async () => {
    const entry = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm');
    const bindings = (await import('@prisma/schema-engine-wasm/schema_engine_bg')) as unknown as EngineBindings;
    // The engine never clears its timer of 10 s for the lock, which would keep a finished process alive.
    const timer = Object.keys(bindings).find((name) => name.startsWith('__wbg_setTimeout_'))!;
    const setTimer = (callback: () => void, milliseconds: number) => setTimeout(callback, milliseconds).unref();
    const wasm = await WebAssembly.instantiate(await readFile(join(entry, '../schema_engine_bg.wasm')), {
      './schema_engine_bg.js': { ...bindings, [timer]: setTimer },
    });
    bindings.__wbg_set_wasm(wasm.instance.exports);
    wasm.instance.exports.__wbindgen_start();
    return bindings;
  })());
}

import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { AppConfig } from '../config/config.js';
import { isPooledByTransaction } from '../config/pooling.js';
import { paths } from '../paths.js';
import { unlessAborted } from '../unless-aborted.js';
import { acquireEmbeddedPostgres } from './embedded-postgres.js';

export interface OpenDatabase {
  readonly url: string;
  /** For the person who started it; without a password. */
  readonly description: string;
  /** Lets go of an embedded database; nothing to do for another. */
  readonly release: () => Promise<void>;
}

/** The database cannot be used, in a line for the person who started the server. */
export class DatabaseUnavailableError extends Error {}

/** The database answers, and is not one to work with. */
class UnsuitableError extends Error {}

const POLL_MS = 500;
const OLDEST_SERVER_VERSION = 140_000;

/**
 * The configured database, as soon as it answers, or the embedded one.
 *
 * @param signal breaks it off
 * @throws DatabaseUnavailableError when its deadline passes without an answer, or at once when waiting would not help
 * @throws AbortError when it was broken off
 */
export async function openDatabase({ databaseUrl, deadlines }: AppConfig, signal?: AbortSignal): Promise<OpenDatabase> {
  if (databaseUrl === undefined) {
    const { url, home, release } = await acquireEmbeddedPostgres(paths.data, {}, signal);
    return { url, description: `embedded Postgres in ${home}`, release };
  }
  // Not left to the wait alone: an attempt to connect cannot be called off, and takes up to 5 s.
  await unlessAborted(waitForDatabase(databaseUrl, deadlines.database, signal), signal);
  const { host, pathname } = new URL(databaseUrl);
  return { url: databaseUrl, description: `Postgres at ${host}${pathname}`, release: () => Promise.resolve() };
}

async function waitForDatabase(url: string, deadlineMs: number, signal?: AbortSignal): Promise<void> {
  const giveUpAt = Date.now() + deadlineMs;
  for (;;) {
    const failure = await tryToConnect(url);
    if (failure === undefined) return;
    const { host } = new URL(url);
    if (!mayPass(failure)) throw new DatabaseUnavailableError(`The database at ${host} refuses: ${failure.message}`);
    if (Date.now() > giveUpAt) {
      throw new DatabaseUnavailableError(
        `The database at ${host} has not answered for ${deadlineMs / 1000} s: ${failure.message}`,
      );
    }
    await delay(POLL_MS, undefined, { signal });
  }
}

async function tryToConnect(url: string): Promise<(Error & { code?: string }) | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
    const { rows } = await client.query<{ version: number; schema: string | null; role: string; has_limits: boolean }>(
      `SELECT current_setting('server_version_num')::int AS version, current_schema() AS schema,
              quote_ident(current_user) AS role,
              current_setting('statement_timeout') <> '0' AND current_setting('lock_timeout') <> '0' AS has_limits`,
    );
    const { version = 0, schema = null, role, has_limits: hasLimits } = rows[0] ?? {};
    if (version < OLDEST_SERVER_VERSION) {
      return new UnsuitableError(`PostgreSQL 14 or newer is needed, this is ${version}`);
    }
    // Prisma's queries name the schema public; migrations and hand-written statements follow the search path.
    if (schema !== 'public') {
      return new UnsuitableError(`the search path must lead to the schema public, and leads to ${schema ?? 'none'}`);
    }
    if (isPooledByTransaction(url) && !hasLimits) {
      return new UnsuitableError(
        `with pgbouncer=true the role has to bring its limits along: ALTER ROLE ${role} SET statement_timeout = '10s'; ALTER ROLE ${role} SET lock_timeout = '2s'`,
      );
    }
    return undefined;
  } catch (error) {
    return describable(error);
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Connecting to a name with several addresses fails with all their errors and no message of its own. */
function describable(error: unknown): Error & { code?: string } {
  const first: unknown = error instanceof AggregateError ? error.errors[0] : error;
  return first instanceof Error ? first : new Error(String(first));
}

/** Wrong password, no such database, not one to work with: waiting changes nothing. */
function mayPass(failure: Error & { code?: string }): boolean {
  return !(failure instanceof UnsuitableError) && !/^(28|3D)/.test(failure.code ?? '');
}

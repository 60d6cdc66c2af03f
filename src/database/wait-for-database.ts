import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { isPooledByTransaction } from '../config/pooling.js';
import { unlessAborted } from '../unless-aborted.js';

/** The database cannot be used, in a line for the person who started the server. */
export class DatabaseUnavailableError extends Error {}

const POLL_MS = 500;
const CONNECT_MS = 5_000;
const OLDEST_SERVER_VERSION = 140_000;
/** SQLSTATEs that waiting does not change: wrong password, no such database. */
const LASTING = /^(28|3D)/;

/**
 * Waits until the database answers and can be worked with.
 *
 * @throws DatabaseUnavailableError when the deadline passes without an answer, or at once when waiting would not help
 * @throws AbortError when it was broken off
 */
export async function waitForDatabase(url: string, deadlineMs: number, signal?: AbortSignal): Promise<void> {
  const { host } = new URL(url);
  for (const giveUpAt = Date.now() + deadlineMs; ;) {
    // Not left to the wait alone: an attempt to connect cannot be called off.
    const failure = await unlessAborted(tryToConnect(url), signal);
    if (failure === undefined) return;
    const { message, isLasting } = failure;
    if (isLasting) throw new DatabaseUnavailableError(`The database at ${host} refuses: ${message}`);
    if (Date.now() > giveUpAt) {
      const seconds = deadlineMs / 1000;
      throw new DatabaseUnavailableError(`The database at ${host} has not answered for ${seconds} s: ${message}`);
    }
    await delay(POLL_MS, undefined, { signal });
  }
}

interface Failure {
  readonly message: string;
  readonly isLasting: boolean;
}

async function tryToConnect(url: string): Promise<Failure | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS });
  try {
    await client.connect();
    const { rows } = await client.query<Server>(
      `SELECT current_setting('server_version_num')::int AS version, current_schema() AS schema,
              quote_ident(current_user) AS role,
              current_setting('statement_timeout') <> '0' AND current_setting('lock_timeout') <> '0' AS has_limits`,
    );
    const message = unsuitable(rows[0]!, isPooledByTransaction(url));
    return message === undefined ? undefined : { message, isLasting: true };
  } catch (thrown) {
    // Connecting to a name with several addresses fails with all their errors and no message of its own.
    const error = (thrown instanceof AggregateError ? thrown.errors[0] : thrown) as Error & { code?: string };
    return { message: error.message, isLasting: LASTING.test(error.code ?? '') };
  } finally {
    await client.end().catch(() => undefined);
  }
}

interface Server {
  readonly version: number;
  readonly schema: string | null;
  readonly role: string;
  readonly has_limits: boolean;
}

/** Why a database that answers cannot be worked with. Returns undefined when it can. */
function unsuitable({ version, schema, role, has_limits: hasLimits }: Server, isPooled: boolean): string | undefined {
  if (version < OLDEST_SERVER_VERSION) return `PostgreSQL 14 or newer is needed, this is ${version}`;
  // Prisma's queries name the schema public; migrations and hand-written statements follow the search path.
  if (schema !== 'public') return `the search path must lead to the schema public, and leads to ${schema ?? 'none'}`;
  if (!isPooled || hasLimits) return undefined;
  return `with pgbouncer=true the role has to bring its limits along: ALTER ROLE ${role} SET statement_timeout = '10s'; ALTER ROLE ${role} SET lock_timeout = '2s'`;
}

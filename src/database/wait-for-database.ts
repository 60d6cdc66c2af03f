import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { isPooledByTransaction } from '../config/pooling.js';
import { unlessAborted } from '../unless-aborted.js';

/** The database cannot be used. The message is one line for the person who started the server. */
export class DatabaseUnavailableError extends Error {}

const POLL_MS = 500;
const OLDEST_SERVER_VERSION = 140_000;
/** Codes of failures that waiting does not mend: a wrong password, a missing database, an unsuitable one. */
const LASTING = /^(28|3D|unsuitable)/;

/**
 * Waits until the database answers and is suitable.
 *
 * @throws DatabaseUnavailableError when the deadline passes without an answer, or at once when waiting would not help
 * @throws AbortError when the signal was aborted
 */
export async function waitForDatabase(url: string, deadlineMs: number, signal?: AbortSignal): Promise<void> {
  const { host } = new URL(url);
  for (const giveUpAt = Date.now() + deadlineMs; ;) {
    // An attempt to connect cannot be cancelled, so it is abandoned.
    const failure = await unlessAborted(tryToConnect(url), signal);
    if (failure === undefined) return;
    const { message, code = '' } = failure;
    if (LASTING.test(code)) throw new DatabaseUnavailableError(`The database at ${host} refuses: ${message}`);
    if (Date.now() > giveUpAt) {
      const seconds = deadlineMs / 1000;
      throw new DatabaseUnavailableError(`The database at ${host} has not answered for ${seconds} s: ${message}`);
    }
    await delay(POLL_MS, undefined, { signal });
  }
}

async function tryToConnect(url: string): Promise<{ message: string; code?: string } | undefined> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  try {
    await client.connect();
    const { rows } = await client.query<{ version: number; schema: string | null; role: string; limited: boolean }>(
      `SELECT current_setting('server_version_num')::int AS version, current_schema() AS schema,
              quote_ident(current_user) AS role,
              current_setting('statement_timeout') <> '0' AND current_setting('lock_timeout') <> '0' AS limited`,
    );
    const { version, schema, role, limited } = rows[0]!;
    let message: string | undefined;
    if (version < OLDEST_SERVER_VERSION) message = `PostgreSQL 14 or newer is needed, this is ${version}`;
    // Prisma's queries name the schema public; migrations and hand-written statements follow the search path.
    else if (schema !== 'public')
      message = `the search path must lead to the schema public, and leads to ${schema ?? 'none'}`;
    else if (isPooledByTransaction(url) && !limited)
      message = `with pgbouncer=true the role has to bring its limits along: ALTER ROLE ${role} SET statement_timeout = '10s'; ALTER ROLE ${role} SET lock_timeout = '2s'`;
    return message === undefined ? undefined : { message, code: 'unsuitable' };
  } catch (error) {
    // For a host with several addresses, the error has an error for each and no message.
    return (error instanceof AggregateError ? error.errors[0] : error) as Error & { code?: string };
  } finally {
    await client.end().catch(() => undefined);
  }
}

import { channel } from 'node:diagnostics_channel';
import pg from 'pg';
import { DomainError } from '../errors/domain-error.js';
import { CONSTRAINT_ERRORS } from './constraints.js';
import { driverCauseOf, LOCK_NOT_AVAILABLE, sqlStateOf } from './sqlstate.js';

/** Publishes once for each request that was refused because no connection was free within POOL_WAIT_MS. */
export const connectionRefusals = channel('vestibule:database.connection-refused');

/** The message of `pg` when no connection became free in time. */
const WAITED_TOO_LONG = 'timeout exceeded when trying to connect';

/**
 * Rethrows an error of a statement: as the DomainError that the violated constraint or the SQLSTATE maps to, as
 * `database_unavailable` when the database itself failed, and unchanged otherwise.
 *
 * @throws DomainError or the error itself, always
 */
export function rethrowAsDomainError(error: unknown): never {
  if (error instanceof DomainError) throw error;
  const code = CONSTRAINT_ERRORS[constraintOf(error) ?? ''];
  if (code !== undefined) throw new DomainError(code);
  if (sqlStateOf(error) === LOCK_NOT_AVAILABLE) throw new DomainError('row_locked');
  if (error instanceof Error && error.message === WAITED_TOO_LONG) {
    connectionRefusals.publish(undefined);
    throw new DomainError('overloaded');
  }
  throw isUnavailable(error) ? new DomainError('database_unavailable', '', '', error) : error;
}

/** SQLSTATEs of a failed database: no connection, no database, no resources, a time-out, a shutdown, a standby. */
const UNAVAILABLE = /^(08|28|3D|53|57|55000|25006)/;
/** What `pg`, Node, Prisma's adapter and Prisma call a failed connection. A defect is a `TypeError` or the like. */
const FAILED_CONNECTION =
  /^(Error|AggregateError|DatabaseNotReachable|ConnectionClosed|SocketTimeout|TlsConnectionError|P2028)$/;

function isUnavailable(error: unknown): boolean {
  const state = sqlStateOf(error);
  if (state !== undefined) return UNAVAILABLE.test(state);
  const { name = '', code = '' } = (error ?? {}) as { name?: string; code?: string };
  return [name, driverCauseOf(error)?.kind ?? '', code].some((each) => FAILED_CONNECTION.test(each));
}

/** Prisma passes on the names of keys only, but Postgres quotes a constraint's name in its message, in every language. */
function constraintOf(error: unknown): string | undefined {
  if (error instanceof pg.DatabaseError) return error.constraint;
  const { constraint, originalMessage = '' } = driverCauseOf(error) ?? {};
  return constraint?.index ?? Object.keys(CONSTRAINT_ERRORS).find((name) => originalMessage.includes(`"${name}"`));
}

import { channel } from 'node:diagnostics_channel';
import pg from 'pg';
import { DomainError } from '../errors/domain-error.js';
import { CONSTRAINT_ERRORS } from './constraints.js';
import { driverCauseOf, LOCK_NOT_AVAILABLE, saysUnavailable, sqlStateOf } from './sqlstate.js';

/** Publishes once for each request that was refused because no connection was free within POOL_WAIT_MS. */
export const connectionRefusals = channel('vestibule:database.connection-refused');

/** The message of `pg` when no connection became free in time. */
const WAITED_TOO_LONG = 'timeout exceeded when trying to connect';

/** Kinds of error that Prisma's adapter gives to failed connections. */
const ADAPTER_UNAVAILABLE = ['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TlsConnectionError'];

/** Prisma's code for a transaction that could not be started in time or has ended already. */
const PRISMA_UNAVAILABLE = 'P2028';

/** Names of the errors that `pg` and Node throw for failed connections. A defect is a `TypeError` or the like. */
const CONNECTION_ERRORS = ['Error', 'AggregateError'];

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

function isUnavailable(error: unknown): boolean {
  const state = sqlStateOf(error);
  if (state !== undefined) return saysUnavailable(state);
  const { name = '', code } = (error ?? {}) as { name?: string; code?: string };
  const kind = driverCauseOf(error)?.kind ?? '';
  return CONNECTION_ERRORS.includes(name) || ADAPTER_UNAVAILABLE.includes(kind) || code === PRISMA_UNAVAILABLE;
}

/** Prisma does not pass every constraint's name on, but Postgres quotes it in its message, in every language. */
function constraintOf(error: unknown): string | undefined {
  if (error instanceof pg.DatabaseError) return error.constraint;
  const message = driverCauseOf(error)?.originalMessage ?? '';
  return Object.keys(CONSTRAINT_ERRORS).find((name) => message.includes(`"${name}"`));
}

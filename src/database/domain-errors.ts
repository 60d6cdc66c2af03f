import { channel } from 'node:diagnostics_channel';
import { DomainError } from '../errors/domain-error.js';
import { CONSTRAINT_ERRORS } from './constraints.js';
import { driverCauseOf, LOCK_NOT_AVAILABLE, saysUnavailable, sqlStateOf } from './sqlstate.js';

/** Publishes once for each request that was refused because no connection was free within POOL_WAIT_MS. */
export const connectionRefusals = channel('vestibule:database.connection-refused');

/** What `pg` says when a caller has waited too long for a connection that others use. */
const WAITED_TOO_LONG = 'timeout exceeded when trying to connect';

/** What Prisma's adapter makes of the failure of a connection. */
const ADAPTER_UNAVAILABLE = ['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TlsConnectionError'];

/** Prisma's own code, for a transaction that it has stopped waiting for or that is over. */
const PRISMA_UNAVAILABLE = 'P2028';

/** What `pg` and the system call the failure of a connection. A defect of ours is a `TypeError` or its like. */
const CONNECTION_ERRORS = ['Error', 'AggregateError'];

/**
 * Rethrows an error of the database, and of nothing else: as the DomainError that the broken constraint or the SQLSTATE
 * stands for, as `database_unavailable` when it is the database that failed, else unchanged.
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

function constraintOf(error: unknown): string | undefined {
  const cause = driverCauseOf(error);
  return (
    nameIn((error as { constraint?: unknown }).constraint) ??
    nameIn(cause?.constraint) ??
    quotedConstraintName(cause?.originalMessage)
  );
}

/** Prisma gives the name as `{ index }` for keys and `{ foreignKey }` or nothing for other constraints. */
function nameIn(constraint: unknown): string | undefined {
  if (typeof constraint === 'string') return constraint;
  const { index } = (constraint ?? {}) as { index?: unknown };
  return typeof index === 'string' ? index : undefined;
}

/** Postgres quotes the name of the constraint in its message, in whatever language. */
function quotedConstraintName(message: unknown): string | undefined {
  if (typeof message !== 'string') return undefined;
  return Object.keys(CONSTRAINT_ERRORS).find((name) => message.includes(`"${name}"`));
}

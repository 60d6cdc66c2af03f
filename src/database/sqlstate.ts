import pg from 'pg';
import { DomainError } from '../errors/domain-error.js';

/** What an error of a statement says about the connection it was on, by SQLSTATE: the code is the same in every language. */

/** Data exception, integrity constraint violation, transaction rollback: Postgres refused the work and is as good as before. */
const REFUSED_WORK = ['22', '23', '40'];

/** A lock was not granted within the limit that this service sets. */
export const LOCK_NOT_AVAILABLE = '55P03';

/** A prepared statement that is gone, that another client prepared on this connection, or that no longer fits the schema. */
const STALE_STATEMENT = ['26000', '42P05', '0A000'];

/** A deadlock, or a serialization failure. */
const BROKEN_OFF = ['40P01', '40001'];

/** A write on a server that takes none, such as a standby. */
const READ_ONLY = '25006';

/** The connection is broken, or refused, or its database is gone or closed; a resource is lacking; Postgres gave up on time or stops. */
const UNAVAILABLE = /^(08|28|3D|53|57|55000|25006)/;

/** How Prisma wraps what its driver adapter throws: below `meta`, or below `cause` for what fails at the COMMIT. */
interface Wrapped {
  readonly meta?: { readonly driverAdapterError?: { readonly cause?: DriverCause } };
  readonly cause?: DriverCause;
}

export interface DriverCause {
  readonly kind?: string;
  readonly constraint?: unknown;
  readonly originalCode?: string;
  readonly originalMessage?: unknown;
}

export const driverCauseOf = (error: unknown): DriverCause | undefined =>
  (error as Wrapped | undefined)?.meta?.driverAdapterError?.cause ?? (error as Wrapped | undefined)?.cause;

/** The SQLSTATE of an error of `pg`, of Prisma, or behind a DomainError. Returns undefined when Postgres said nothing. */
export function sqlStateOf(error: unknown): string | undefined {
  if (error instanceof DomainError) return error.cause === undefined ? undefined : sqlStateOf(error.cause);
  return error instanceof pg.DatabaseError ? error.code : driverCauseOf(error)?.originalCode;
}

/** Whether the connection can serve the next request after this error. */
export function leavesConnectionGood(error: unknown): boolean {
  const code = sqlStateOf(error);
  return code !== undefined && (REFUSED_WORK.includes(code.slice(0, 2)) || code === LOCK_NOT_AVAILABLE);
}

/** Whether the server takes no writes, on whatever connection. */
export const isReadOnly = (error: unknown): boolean => sqlStateOf(error) === READ_ONLY;

/** Whether the server, or the network, has given the connection up (class 08, and a shutdown or crash in class 57P). */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof DomainError) return error.code === 'database_unavailable' && isConnectionLost(error.cause);
  const code = sqlStateOf(error);
  return code === undefined || /^(08|57P)/.test(code);
}

/** Whether another connection, which prepares the statement anew, would do. Nothing was done. */
export const isStaleStatement = (error: unknown): boolean => STALE_STATEMENT.includes(sqlStateOf(error) ?? '');

/** Whether a transaction of which nothing is left can be begun again. */
export const isRepeatable = (error: unknown): boolean =>
  BROKEN_OFF.includes(sqlStateOf(error) ?? '') || isStaleStatement(error);

/** Whether the database, and not the work, is what failed. */
export const saysUnavailable = (code: string): boolean => UNAVAILABLE.test(code);

import pg from 'pg';
import { DomainError } from '../errors/domain-error.js';

// SQLSTATEs, which unlike messages are the same in every language of a server.

/** A lock was not granted within the time limit that this service sets. */
export const LOCK_NOT_AVAILABLE = '55P03';

/** An error of the driver adapter as Prisma wraps it: in `meta`, or in `cause` when the COMMIT failed. */
interface Wrapped {
  readonly meta?: { readonly driverAdapterError?: { readonly cause?: DriverCause } };
  readonly cause?: DriverCause;
}

interface DriverCause {
  readonly kind?: string;
  readonly originalCode?: string;
  readonly constraint?: { readonly index?: string };
  readonly originalMessage?: string;
}

export const driverCauseOf = (error: unknown): DriverCause | undefined =>
  (error as Wrapped | undefined)?.meta?.driverAdapterError?.cause ?? (error as Wrapped | undefined)?.cause;

/** The SQLSTATE of an error of `pg`, of Prisma, or behind a DomainError. Returns undefined for other errors. */
export function sqlStateOf(error: unknown): string | undefined {
  if (error instanceof DomainError) return error.cause === undefined ? undefined : sqlStateOf(error.cause);
  return error instanceof pg.DatabaseError ? error.code : driverCauseOf(error)?.originalCode;
}

const matches = (error: unknown, states: RegExp): boolean => states.test(sqlStateOf(error) ?? '');

/** Whether the connection can be used again: Postgres refused data, a constraint or a lock, or rolled back a deadlock. */
export const leavesConnectionGood = (error: unknown): boolean => matches(error, /^(22|23|40|55P03)/);

/** Whether the server accepts no writes, because it is a standby. */
export const isReadOnly = (error: unknown): boolean => matches(error, /^25006/);

/** Whether the server or the network closed the connection (class 08, or a shutdown or crash in class 57P). */
export function isConnectionLost(error: unknown): boolean {
  if (error instanceof DomainError) return error.code === 'database_unavailable' && isConnectionLost(error.cause);
  const code = sqlStateOf(error);
  return code === undefined || /^(08|57P)/.test(code);
}

/** Whether a prepared statement is missing, made by another client, or outdated by a change of the schema. Nothing was done. */
export const isStaleStatement = (error: unknown): boolean => matches(error, /^(26000|42P05|0A000)/);

/** Whether the transaction was rolled back and can be run again: a deadlock, a serialization failure, a stale statement. */
export const isRepeatable = (error: unknown): boolean => matches(error, /^(40P01|40001)/) || isStaleStatement(error);

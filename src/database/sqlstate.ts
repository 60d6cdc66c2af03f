import pg from 'pg';

/** What an error of a statement says about the connection it was on, by SQLSTATE: the code is the same in every language. */

/** Data exception, integrity constraint violation, transaction rollback: Postgres refused the work and is as good as before. */
const REFUSED_WORK = ['22', '23', '40'];

/** A lock was not granted within the limit that this service sets. */
const LOCK_NOT_AVAILABLE = '55P03';

/** A prepared statement that is gone, and one that somebody else has prepared on what was taken for an own connection. */
const STRANGE_STATEMENT = ['26000', '42P05'];

/** Those, and one whose plan no longer fits the schema. Nothing of it was done. */
const STALE_STATEMENT = [...STRANGE_STATEMENT, '0A000'];

const DEADLOCK = '40P01';

/** A write on a server that takes none, such as a standby. */
const READ_ONLY = '25006';

/** The connection is broken, or refused, or its database is gone or closed; a resource is lacking; Postgres gave up on time or stops. */
const UNAVAILABLE = /^(08|28|3D|53|57|55000)/;

/** Undefined: no error of Postgres, such as a broken connection. */
export function sqlStateOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/** Whether the connection can serve the next request after this error. */
export function leavesConnectionGood(error: unknown): boolean {
  const code = sqlStateOf(error);
  return code !== undefined && (REFUSED_WORK.includes(code.slice(0, 2)) || code === LOCK_NOT_AVAILABLE);
}

/** Whether the server takes no writes, on whatever connection. */
export function isReadOnly(error: unknown): boolean {
  return sqlStateOf(error) === READ_ONLY;
}

/** Whether another connection, which prepares the statement anew, would do. */
export function isStaleStatement(error: unknown): boolean {
  return STALE_STATEMENT.includes(sqlStateOf(error) ?? '');
}

/** Whether the connection is not what it is taken for: a pooler lends others, and does not know what is prepared on them. */
export function isStrangeStatement(error: unknown): boolean {
  return STRANGE_STATEMENT.includes(sqlStateOf(error) ?? '');
}

/** Whether a transaction of which nothing is left can be begun again, on whatever connection there is. */
export function isRepeatable(error: unknown): boolean {
  return sqlStateOf(error) === DEADLOCK || isStaleStatement(error);
}

/** Whether the database, and not the work, is what failed. */
export function saysUnavailable(code: string): boolean {
  return UNAVAILABLE.test(code) || code === READ_ONLY;
}

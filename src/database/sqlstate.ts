import pg from 'pg';

/** What an error of a statement says about the connection it was on, by SQLSTATE: the code is the same in every language. */

/** Data exception, integrity constraint violation, transaction rollback: Postgres refused the work and is as good as before. */
const REFUSED_WORK = ['22', '23', '40'];

/** A lock was not granted within the limit that this service sets. */
const LOCK_NOT_AVAILABLE = '55P03';

/** A prepared statement that is gone, and one whose plan no longer fits the schema. Nothing of it was done. */
const STALE_STATEMENT = ['26000', '0A000'];

/** Undefined: no error of Postgres, such as a broken connection. */
export function sqlStateOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/** Whether the connection can serve the next request after this error. */
export function leavesConnectionGood(error: unknown): boolean {
  const code = sqlStateOf(error);
  return code !== undefined && (REFUSED_WORK.includes(code.slice(0, 2)) || code === LOCK_NOT_AVAILABLE);
}

/** Whether another connection, which prepares the statement anew, would do. */
export function isStaleStatement(error: unknown): boolean {
  return STALE_STATEMENT.includes(sqlStateOf(error) ?? '');
}

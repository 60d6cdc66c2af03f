/**
 * Whether the database is behind a pooler in transaction mode, such as PgBouncer (`?pgbouncer=true` in the URL). The state
 * of a session, such as settings and prepared statements, is then lost after each transaction.
 */
export function isPooledByTransaction(url: string | undefined): boolean {
  return url !== undefined && new URL(url).searchParams.get('pgbouncer') === 'true';
}

/**
 * Whether a pooler such as PgBouncer lends its connections by the transaction, by the word of `?pgbouncer=true` in the
 * URL. Then nothing may be left on a connection for the next statement but what the pooler knows of.
 */
export function isPooledByTransaction(url: string | undefined): boolean {
  return url !== undefined && new URL(url).searchParams.get('pgbouncer') === 'true';
}

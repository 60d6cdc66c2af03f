import pg from 'pg';
import { isStaleStatement } from './sqlstate.js';
import { rethrowAsDomainError } from './domain-errors.js';

/** A statement that each connection prepares once, under its name. */
export interface Statement {
  /** Unique in the service. */
  readonly name: string;
  readonly text: string;
}

/** Where a statement runs: on the pool, in a transaction (the client it was begun on), or on the connection for reads. */
export interface Queryable {
  query<Row extends pg.QueryResultRow>(config: pg.QueryConfig): Promise<pg.QueryResult<Row>>;
}

/** @throws DomainError where a constraint or a lock stands for one */
export async function run<Row extends pg.QueryResultRow>(
  on: Queryable,
  { name, text }: Statement,
  values: readonly (string | number | boolean | null)[],
): Promise<pg.QueryResult<Row>> {
  const prepared = { name, text, values: values as unknown[] };
  try {
    return await on.query<Row>(prepared);
  } catch (error) {
    // The pool has dropped the connection that could not; a transaction is over, and its caller hears of it.
    if (on instanceof pg.Pool && isStaleStatement(error)) return on.query<Row>(prepared);
    return rethrowAsDomainError(error);
  }
}

import type pg from 'pg';
import { repeated } from './deadlock.js';
import { requestTransaction } from './request-transaction.js';
import { isRepeatable } from './sqlstate.js';

/**
 * Runs the work as one transaction on a connection of the pool, or as a part of the request-wide one: all of it or
 * nothing. It is done again when Postgres broke it off to end a deadlock, or when the connection had prepared its
 * statements for another schema.
 */
export const inTransaction = <T>(pool: pg.Pool, work: (client: pg.ClientBase) => Promise<T>): Promise<T> =>
  repeated(() => requestTransaction()?.part(work) ?? once(pool, work), isRepeatable);

async function once<T>(pool: pg.Pool, work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  // The pool does not listen while the connection is out. What is asked of one that broke fails with the reason.
  client.on('error', ignore);
  let broken: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query('ROLLBACK').catch((failure: Error) => (broken = failure));
    throw error;
  } finally {
    client.off('error', ignore);
    client.release(broken);
  }
}

const ignore = () => undefined;

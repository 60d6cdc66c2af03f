import type pg from 'pg';
import type { Actor } from '../actor.js';
import { setActor } from './recording.js';
import { repeated } from './deadlock.js';
import { rethrowAsDomainError } from './domain-errors.js';
import { requestTransaction } from './request-transaction.js';
import { isRepeatable } from './sqlstate.js';

/**
 * Runs the work as one transaction on a connection of the pool, or as a part of the request-wide one: all of it or
 * nothing, in the actor's name. It is done again when Postgres broke it off to end a deadlock, or when the connection had prepared its
 * statements for another schema.
 */
export const inTransaction = <T>(
  pool: pg.Pool,
  actor: Actor,
  work: (client: pg.ClientBase) => Promise<T>,
): Promise<T> => repeated(() => inPart(actor, work) ?? once(pool, actor, work), isRepeatable);

const inPart = <T>(actor: Actor, work: (client: pg.ClientBase) => Promise<T>) =>
  requestTransaction()?.part(async (client) => {
    await client.query(setActor(actor)).catch(rethrowAsDomainError);
    return work(client);
  });

async function once<T>(pool: pg.Pool, actor: Actor, work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
  const client = await pool.connect().catch(rethrowAsDomainError);
  // The pool does not listen while the connection is out. What is asked of one that broke fails with the reason.
  client.on('error', ignore);
  let broken: Error | undefined;
  try {
    await client.query(`BEGIN; ${setActor(actor)}`).catch(rethrowAsDomainError);
    const result = await work(client);
    await client.query('COMMIT').catch(rethrowAsDomainError);
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

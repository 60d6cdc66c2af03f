import pg from 'pg';
import type { Actor } from '../actor.js';
import type { Database } from './database.js';
import { repeatAfterDeadlock } from './deadlock.js';

/**
 * A condition for the statement that writes, always true: it says in whose name, so that a statement that is a transaction
 * of its own needs no other before it. What that takes, and the other ways to do it, are in docs/decisions/0029.
 *
 * @param parameter its place, as `$1`, for the actor's text
 */
export const asActor = (parameter: string) => `(SELECT set_config('vestibule.actor', ${parameter}, true)) IS NOT NULL`;

/** The same for the rest of a transaction, to be sent with what begins it. */
export const setActor = (actor: Actor) =>
  `SELECT set_config('vestibule.actor', ${pg.escapeLiteral(String(actor))}, true)`;

/** Does the work as one transaction of Prisma's, in the actor's name; again when Postgres broke it off to end a deadlock. */
export const writing = <T>(
  database: Database,
  actor: Actor,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> =>
  repeatAfterDeadlock(() =>
    database.$transaction(async (transaction) => {
      await transaction.$queryRaw`SELECT set_config('vestibule.actor', ${String(actor)}, true)`;
      return work(transaction);
    }),
  );

type Transaction = Parameters<Parameters<Database['$transaction']>[0]>[0];

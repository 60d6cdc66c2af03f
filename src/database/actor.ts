import { repeatAfterDeadlock } from './deadlock.js';
import { rethrowAsDomainError } from './domain-errors.js';
import type { Database } from './database.js';
import pg from 'pg';

/** Who makes a change and, where it is known, by which request. Kept as JSON with every change that is recorded. */
export interface ActorFacts {
  /** The token's subject, or what this process is doing. */
  readonly subject: string;
  readonly client_id?: string;
  readonly ip?: string;
  readonly user_agent?: string;
  readonly request_id?: string;
  readonly method?: string;
  readonly host?: string;
  /** Without the query. */
  readonly path?: string;
}

const MAX_LENGTH = 1024;

/** In whose name a transaction writes. The triggers that record changes read it from the setting `vestibule.actor`. */
export class Actor {
  private setting?: string;

  constructor(readonly facts: ActorFacts) {}

  /** As the value of the setting. */
  toString(): string {
    return (this.setting ??= JSON.stringify(this.facts, (_, value: unknown) =>
      // A JSON text with a NUL is none to Postgres.
      typeof value === 'string' ? value.replaceAll('\0', '').slice(0, MAX_LENGTH) : value,
    ));
  }
}

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
    database
      .$transaction(async (transaction) => {
        await transaction.$queryRaw`SELECT set_config('vestibule.actor', ${String(actor)}, true)`;
        return work(transaction);
      })
      // What is checked at the COMMIT.
      .catch(rethrowAsDomainError),
  );

type Transaction = Parameters<Parameters<Database['$transaction']>[0]>[0];

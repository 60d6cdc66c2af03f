import { DomainError } from '../errors/domain-error.js';

const ATTEMPTS = 10;

/**
 * Does the work again when Postgres broke it off to end a deadlock. What goes by cascade is locked in the order in which
 * it is found, so that two deletions of some of the same rows can wait for each other.
 *
 * @param work one statement or transaction, of which nothing is left when it fails
 * @throws DomainError when it is broken off time and again
 */
export const repeatAfterDeadlock = <T>(work: () => Promise<T>): Promise<T> => repeated(work, isDeadlock);

/** The same with other errors after which nothing is left. */
export async function repeated<T>(work: () => Promise<T>, isRepeatable: (error: unknown) => boolean): Promise<T> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!isRepeatable(error)) throw error;
    }
  }
  throw new DomainError('row_locked');
}

/** Prisma's code for it. */
const isDeadlock = (error: unknown) => (error as { code?: unknown } | undefined)?.code === 'P2034';

const ATTEMPTS = 10;

/**
 * Does the work again when Postgres broke it off to end a deadlock. What goes by cascade is locked in the order in which
 * it is found, so that two deletions of some of the same rows can wait for each other.
 *
 * @param work one statement or transaction, of which nothing is left when it fails
 */
export async function repeatAfterDeadlock<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === ATTEMPTS || !isDeadlock(error)) throw error;
    }
  }
}

/** Prisma's code for it. */
const isDeadlock = (error: unknown) => (error as { code?: unknown } | undefined)?.code === 'P2034';

import { DomainError } from './domain-error.js';

/** Of a write that was refused, each time for a reason that was gone when it was looked for. */
const ATTEMPTS = 10;

/**
 * Writes, and says why when nothing was written. A reason that is gone when it is looked for was another writer's doing:
 * then the write is tried again.
 *
 * @param write undefined: it wrote nothing
 * @param explain throws the reason, or gives the outcome when there is nothing to write; undefined: there is no reason
 */
export async function untilDecided<T extends object | boolean>(
  write: () => Promise<T | undefined>,
  explain: () => Promise<T | void>,
): Promise<T> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    const outcome = (await write()) ?? (await explain());
    if (outcome !== undefined) return outcome;
  }
  throw new DomainError('row_locked');
}

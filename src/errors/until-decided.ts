import { DomainError } from './domain-error.js';

const ATTEMPTS = 10;

/**
 * Writes, and finds the reason when nothing was written. Writes again when there is no reason any more, because another
 * writer has changed the row in between.
 *
 * @param write returns undefined when it wrote nothing
 * @param explain throws the reason, returns the outcome when nothing must be written, or undefined without a reason
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

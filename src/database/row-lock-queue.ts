import { DomainError } from '../errors/domain-error.js';
import { currentTransaction } from './request-transaction.js';

/**
 * Queues writes of the same row within this process, so that a row which another transaction has locked occupies one
 * connection of the pool and not one for each write.
 */
export class RowLockQueue {
  private readonly last = new Map<string, Promise<unknown>>();

  /**
   * Runs the work when the previous write of the row has ended. Fails with `row_locked` when that did: this one has
   * waited as long.
   *
   * @param row a table and a key, as one text
   */
  enter<T>(row: string, work: () => Promise<T>): Promise<T> {
    // A request in a transaction has a connection already, and may hold the lock that the previous write waits for.
    if (currentTransaction() !== undefined) return work();
    const previous = this.last.get(row);
    const own =
      previous === undefined
        ? work()
        : previous.then(work, (error: Error) => (isLocked(error) ? Promise.reject(error) : work()));
    this.last.set(row, own);
    const leave = () => {
      if (this.last.get(row) === own) this.last.delete(row);
    };
    own.then(leave, leave);
    return own;
  }
}

const isLocked = (error: unknown): boolean => error instanceof DomainError && error.code === 'row_locked';

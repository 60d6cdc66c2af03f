import { DomainError } from '../errors/domain-error.js';
import { currentTransaction } from './request-transaction.js';

/**
 * Lets the writes of one row wait for each other in this process and not on a connection each: a row that another
 * transaction has locked then occupies one connection of the pool. The order of writes is Postgres' business.
 */
export class RowLockQueue {
  private readonly last = new Map<string, Promise<unknown>>();

  /**
   * Runs the work when the one before it is done. When that one gave up because the row is locked, so does this one: it
   * has waited as long.
   *
   * @param row a table and a key, as one text
   */
  enter<T>(row: string, work: () => Promise<T>): Promise<T> {
    // It has its connection already, and may have locked the row for which the one before it waits.
    if (currentTransaction() !== undefined) return work();
    const before = this.last.get(row);
    const own =
      before === undefined
        ? work()
        : before.then(work, (error: Error) => (isLocked(error) ? Promise.reject(error) : work()));
    this.last.set(row, own);
    const leave = () => {
      if (this.last.get(row) === own) this.last.delete(row);
    };
    own.then(leave, leave);
    return own;
  }
}

const isLocked = (error: unknown): boolean => error instanceof DomainError && error.code === 'row_locked';

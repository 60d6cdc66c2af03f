import { Injectable } from '@nestjs/common';
import { DomainError } from '../errors/domain-error.js';
import { requestTransaction } from './request-transaction.js';

/**
 * Lets the changes of one row wait for each other here and not on a connection each: a row that somebody has locked
 * then occupies one connection of the pool, and everybody else has the others. Between servers, and between rows, it is
 * Postgres that orders changes; this only spares connections.
 */
@Injectable()
export class RowTurns {
  private readonly last = new Map<string, Promise<unknown>>();
  private waits = 0;
  private tell: () => void = () => undefined;

  /** How many wait for the one before them. */
  get waiting(): number {
    return this.waits;
  }

  /** @param listener is called whenever one more waits */
  onWait(listener: () => void): void {
    this.tell = listener;
  }

  /**
   * Does the work when what came before it is done. When the one before gave up because the row is locked, so does this
   * one: it has waited as long.
   *
   * @param row a table and a key, as one text
   */
  take<T>(row: string, work: () => Promise<T>): Promise<T> {
    // It has its connection already; and behind its back somebody may have the turn who waits for a row it has locked.
    if (requestTransaction() !== undefined) return work();
    const before = this.last.get(row);
    const turn = before === undefined ? work() : this.after(before, work);
    this.last.set(row, turn);
    const leave = () => {
      if (this.last.get(row) === turn) this.last.delete(row);
    };
    turn.then(leave, leave);
    return turn;
  }

  private after<T>(before: Promise<unknown>, work: () => Promise<T>): Promise<T> {
    this.waits++;
    this.tell();
    return before.then(
      () => {
        this.waits--;
        return work();
      },
      (error: Error) => {
        this.waits--;
        return isLocked(error) ? Promise.reject(error) : work();
      },
    );
  }
}

const isLocked = (error: unknown): error is DomainError => error instanceof DomainError && error.code === 'row_locked';

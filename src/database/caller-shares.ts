import { Inject, Injectable } from '@nestjs/common';
import { POOL } from './database.js';
import type { Pool } from './pool.js';
import { requestTransaction } from './request-transaction.js';
import { RowTurns } from './row-turns.js';
import { reserveOf, WaitingLine } from './waiting-line.js';

/**
 * Leaves every caller a share of the pool, however much another asks for. As many requests as three quarters of its
 * connections come in, whosever they are. Beyond that a caller comes in that has fewer under way than its part of those
 * three quarters; its others wait here, and the last quarter is for whoever has none yet.
 *
 * A request that waits for its turn on a row (`row-turns.ts`) has no connection, and makes room for another.
 */
@Injectable()
export class CallerShares {
  private readonly line: WaitingLine;
  /** Requests that came in and have not left, by caller, and all of them. */
  private readonly underWay = new Map<string, number>();
  private inside = 0;
  /** How many may be at work at once before shares count. */
  private readonly open: number;
  private isToAdmit = false;

  constructor(
    @Inject(POOL) pool: Pool,
    private readonly turns: RowTurns,
  ) {
    const { max } = pool.options;
    this.open = max - reserveOf(max);
    this.line = new WaitingLine('share', max, pool.waitMs);
    turns.onWait(this.admitSoon);
  }

  /** How many wait. */
  get waiting(): number {
    return this.line.length;
  }

  /**
   * Resolves when the caller may come in. To be followed by {@link leave} when the work is done, whatever came of it.
   *
   * @throws DomainError when the wait would be in vain
   */
  enter(caller: string): Promise<void> {
    if (this.enterAtOnce(caller)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.line.join(caller, (error) => {
        if (error) return reject(error);
        this.begin(caller);
        resolve();
      });
    });
  }

  /** The same for who may not have to wait, without a promise. */
  enterAtOnce(caller: string): boolean {
    const mayEnter = !this.line.has(caller) && (this.isOpen() || this.hasShare(caller));
    if (mayEnter) this.begin(caller);
    return mayEnter;
  }

  leave(caller: string): void {
    const left = this.underWay.get(caller)! - 1;
    if (left === 0) this.underWay.delete(caller);
    else this.underWay.set(caller, left);
    this.inside--;
    this.admitSoon();
  }

  /** Does the work within the caller's share. @throws DomainError when the wait for it would be in vain */
  async within<T>(caller: string, work: () => Promise<T>): Promise<T> {
    // It has its share, and its connection, already.
    if (requestTransaction() !== undefined) return work();
    await this.enter(caller);
    try {
      return await work();
    } finally {
      this.leave(caller);
    }
  }

  private begin(caller: string): void {
    this.underWay.set(caller, (this.underWay.get(caller) ?? 0) + 1);
    this.inside++;
  }

  private isOpen(): boolean {
    return this.inside - this.turns.waiting < this.open;
  }

  private readonly hasShare = (caller: string): boolean => {
    const own = this.underWay.get(caller) ?? 0;
    const callers = this.underWay.size + (own === 0 ? 1 : 0);
    return own < Math.max(1, Math.floor(this.open / callers));
  };

  /** Not within what another request is about to do. */
  private readonly admitSoon = (): void => {
    if (this.isToAdmit || this.line.length === 0) return;
    this.isToAdmit = true;
    setImmediate(this.admit);
  };

  private readonly admit = (): void => {
    this.isToAdmit = false;
    while (this.line.admit(this.hasShare));
    while (this.isOpen() && this.line.admit());
  };
}

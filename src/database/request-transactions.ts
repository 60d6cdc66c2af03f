import { Inject, Injectable } from '@nestjs/common';
import { POOL } from './database.js';
import { CallerShares } from './caller-shares.js';
import { Places } from './places.js';
import type { Pool } from './pool.js';
import { RequestTransaction } from './request-transaction.js';

/**
 * Begins the transactions that last as long as a request. Each holds a connection all the while, also while it waits for
 * a lock, so at most half of the pool is theirs, and the other half is left to everybody else.
 */
@Injectable()
export class RequestTransactions {
  private readonly places: Places;

  constructor(
    @Inject(POOL) private readonly pool: Pool,
    private readonly shares: CallerShares,
  ) {
    this.places = new Places(Math.ceil(pool.options.max / 2), pool.waitMs);
  }

  /** How many wait. */
  get waiting(): number {
    return this.places.waiting;
  }

  /** @throws DomainError when there is no room, and waiting for it would be in vain */
  async begin(caller = ''): Promise<RequestTransaction> {
    const leave = await this.places.take(caller);
    try {
      await this.shares.enter(caller);
    } catch (error) {
      leave();
      throw error;
    }
    const release = () => {
      leave();
      this.shares.leave(caller);
    };
    return RequestTransaction.begin(this.pool, release);
  }
}

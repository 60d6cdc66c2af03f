import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { POOL } from './database.js';
import { Places } from './places.js';
import { CONNECT_TIMEOUT_MS } from './pool.js';
import { RequestTransaction } from './request-transaction.js';

/**
 * Begins the transactions that last as long as a request. Each holds a connection all the while, also while it waits for
 * a lock, so at most half of the pool is theirs, and the other half is left to everybody else.
 */
@Injectable()
export class RequestTransactions {
  private readonly places: Places;

  constructor(@Inject(POOL) private readonly pool: pg.Pool) {
    this.places = new Places(Math.ceil(pool.options.max / 2), CONNECT_TIMEOUT_MS);
  }

  async begin(): Promise<RequestTransaction> {
    const leave = await this.places.take();
    try {
      return await RequestTransaction.begin(this.pool, leave);
    } catch (error) {
      leave();
      throw error;
    }
  }
}

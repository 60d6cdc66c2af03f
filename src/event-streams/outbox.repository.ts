import { Inject, Injectable, Logger } from '@nestjs/common';
import type pg from 'pg';
import { Settled } from '../changes/settled.js';
import { POOL } from '../database/database.js';
import { createPool } from '../database/pool.js';
import { arrayOf } from '../database/statement.js';
import type { Lane, RecordedChange } from './domain/change.js';
import { EVENT_TABLES } from './domain/event-type.js';
import * as statements from './outbox.statements.js';

/** Between two looks for what is settled, while anybody follows. */
const SAMPLE_MS = 100;
const AFTER_FAILURE_MS = 1_000;
const SILENCE_MS = 12_000;

/**
 * The table of changes as the outbox of events: read in the order of its numbers, as far as they are settled. All of a
 * process goes over one connection of its own, which is there only while somebody follows.
 */
@Injectable()
export class Outbox {
  readonly pool: pg.Pool;
  private readonly logger = new Logger(Outbox.name);
  private readonly settled: Settled;
  private readonly followers = new Set<() => void>();
  private readonly tables = arrayOf(EVENT_TABLES);
  private timer?: NodeJS.Timeout;
  private sampling?: Promise<void>;
  private isFailing = false;

  constructor(@Inject(POOL) pool: pg.Pool) {
    this.pool = createPool(pool.options.connectionString!, 1);
    // Postgres ends a statement before that; a network that says nothing ends none, and all of this would wait for it.
    this.pool.options.query_timeout = SILENCE_MS;
    this.settled = new Settled(this.pool);
  }

  /** Every change with a number up to this one can be read; 0: nothing is known yet. */
  get settledUpTo(): number {
    return this.settled.upTo;
  }

  /** How long the oldest change that cannot be read yet has been waiting, in milliseconds. */
  get unsettledMs(): number {
    return this.settled.waitingMs;
  }

  /**
   * Calls back whenever more can be read, from now on.
   *
   * @returns ends it
   */
  follow(follower: () => void): () => void {
    this.followers.add(follower);
    if (this.followers.size === 1) this.sampleSoon(0);
    return () => {
      this.followers.delete(follower);
      if (this.followers.size === 0) clearTimeout(this.timer);
    };
  }

  read(after: number, upTo: number, limit: number): Promise<readonly RecordedChange[]> {
    return statements.read(this.pool, { after, upTo, tables: this.tables, limit });
  }

  /** Those of one lane. */
  readLane(lane: Lane, after: number, upTo: number, limit: number): Promise<readonly RecordedChange[]> {
    return statements.readLane(this.pool, lane, { after, upTo, tables: this.tables, limit });
  }

  /** The number of the first change that is still kept, 0: there is none; and the last number that was given out. */
  bounds(): Promise<readonly [first: number, drawn: number]> {
    return statements.bounds(this.pool);
  }

  /**
   * The number after which the changes since this time begin, as far as their numbers and times have the same order.
   *
   * @param first the first number to look at
   * @param last the last one
   */
  async before(time: Date, first: number, last: number): Promise<number> {
    let [low, high] = [Math.max(0, first - 1), last];
    while (low < high) {
      const middle = low + Math.ceil((high - low) / 2);
      const found = await statements.timeOf(this.pool, middle);
      if (found !== undefined && found < time) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  async end(): Promise<void> {
    this.followers.clear();
    clearTimeout(this.timer);
    await this.sampling;
    await this.pool.end();
  }

  private sampleSoon(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void (this.sampling = this.sample()), milliseconds).unref();
  }

  private async sample(): Promise<void> {
    let pause = SAMPLE_MS;
    try {
      if (await this.settled.sample()) for (const tell of this.followers) tell();
      this.isFailing = false;
    } catch (error) {
      if (!this.isFailing) this.logger.warn(`Changes cannot be read, tried again each second: ${String(error)}`);
      this.isFailing = true;
      pause = AFTER_FAILURE_MS;
    }
    if (this.followers.size > 0) this.sampleSoon(pause);
  }
}

import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { ReadConnection } from '../database/read-connection.js';
import * as statements from './deliveries.statements.js';
import type { LeasedStream, WaitingLane } from './deliveries.statements.js';
import type { Lane } from './domain/change.js';
import { Outbox } from './outbox.repository.js';

export type { KeptAttempt, LaneFailure, LeasedStream, WaitingLane } from './deliveries.statements.js';

/**
 * Which streams this server works on, how far they have got and what of them waits. Only the server that has the lease of a stream
 * writes this; all over the connection of the outbox, in the order it is asked for.
 */
@Injectable()
export class DeliveriesRepository {
  /** This server, among those of the database. */
  private readonly owner = randomUUID();

  constructor(
    private readonly outbox: Outbox,
    private readonly reads: ReadConnection,
  ) {}

  /** Over the connection for reads, so that there is none for events while there are no streams. */
  isAnyEnabled(): Promise<boolean> {
    return statements.isAnyEnabled(this.reads);
  }

  /** Takes the enabled streams that nobody works on, and keeps those that this server has. */
  lease(milliseconds: number): Promise<readonly LeasedStream[]> {
    return statements.lease(this.outbox.pool, this.owner, milliseconds);
  }

  release(): Promise<void> {
    return statements.release(this.outbox.pool, this.owner);
  }

  /** @param cursors by stream: up to where every event is delivered or waits */
  advance(cursors: ReadonlyMap<string, number>): Promise<void> {
    return statements.advance(this.outbox.pool, this.owner, cursors);
  }

  pause(streamId: string, reason: string): Promise<void> {
    return statements.pause(this.outbox.pool, this.owner, streamId, reason);
  }

  waiting(streamId: string): Promise<readonly WaitingLane[]> {
    return statements.listWaiting(this.outbox.pool, streamId);
  }

  /** @throws LeaseLostError */
  async keepWaiting(streamId: string, lane: WaitingLane): Promise<void> {
    if (!(await statements.keepWaiting(this.outbox.pool, this.owner, streamId, lane))) throw new LeaseLostError();
  }

  /** @throws LeaseLostError */
  async endWaiting(streamId: string, lane: Lane): Promise<void> {
    if (!(await statements.endWaiting(this.outbox.pool, this.owner, streamId, lane))) throw new LeaseLostError();
  }
}

/** Another server works on the stream, or it is gone. */
export class LeaseLostError extends Error {}

import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { EventStream } from '../database/client.js';
import { PrismaService } from '../database/prisma.service.js';
import type { Partition } from './domain/change.js';
import { Outbox } from './outbox.repository.js';

/** A stream that this server has the lease of. */
export interface LeasedStream extends Pick<
  EventStream,
  'id' | 'version' | 'endpoint' | 'authorization' | 'username' | 'secrets' | 'eventTypes'
> {
  readonly sequence: number;
  readonly redeliveries: number;
}

/** A failed attempt, as stored and as shown by the API. */
export interface RecordedAttempt {
  readonly timestamp: string;
  readonly error_message: string;
  /** Milliseconds. */
  readonly duration: number;
}

/** A partition whose event failed, until all its later events are delivered too. */
export interface WaitingPartition extends Partition {
  /** The first change that may not be delivered yet. */
  readonly sequence: number;
  /** Undefined once the failing event is delivered. */
  readonly failure?: PartitionFailure;
  readonly nextAttemptAt: Date;
}

export interface PartitionFailure {
  readonly eventId: string;
  readonly eventType: string;
  readonly changedAt: Date;
  readonly since: Date;
  readonly count: number;
  /** The latest ones, oldest first. */
  readonly attempts: readonly RecordedAttempt[];
}

/**
 * The leases, cursors and waiting partitions of streams. Only the server that has the lease of a stream writes its
 * rows.
 */
@Injectable()
export class DeliveriesRepository {
  /** Identifies this server. */
  private readonly owner = randomUUID();

  constructor(
    private readonly prisma: PrismaService,
    private readonly outbox: Outbox,
  ) {}

  /** Uses the shared pool, so that the outbox opens no connection while there are no streams. */
  async isAnyEnabled(): Promise<boolean> {
    const found = await this.prisma.client.eventStream.findFirst({
      where: { status: 'enabled' },
      select: { id: true },
    });
    return found !== null;
  }

  /** Takes the leases of enabled streams that no server has, and renews those of this server. */
  async lease(milliseconds: number): Promise<LeasedStream[]> {
    const rows = await this.outbox.client.$queryRaw<(Omit<LeasedStream, 'sequence'> & { sequence: bigint })[]>`
      UPDATE event_stream_cursors c
         SET leased_by = ${this.owner}, leased_until = clock_timestamp() + ${milliseconds}::int * interval '1 millisecond'
        FROM event_streams s
       WHERE s.id = c.stream_id AND s.status = 'enabled'
         AND (c.leased_by = ${this.owner} OR c.leased_until IS NULL OR c.leased_until < clock_timestamp())
      RETURNING s.id, s.version, s.endpoint, s."authorization"::text, s.username, s.secrets,
                s.event_types AS "eventTypes", c.sequence, c.redeliveries`;
    return rows.map((row) => ({ ...row, sequence: Number(row.sequence) }));
  }

  async release(): Promise<void> {
    await this.outbox.client.eventStreamCursor.updateMany({
      where: { leasedBy: this.owner },
      data: { leasedBy: null, leasedUntil: null },
    });
  }

  /** @param cursors by stream: the number up to which every event is delivered or in a waiting partition */
  async advance(cursors: ReadonlyMap<string, number>): Promise<void> {
    await this.outbox.client.$executeRaw`
      UPDATE event_stream_cursors c SET sequence = n.sequence
        FROM unnest(${[...cursors.keys()]}::text[], ${[...cursors.values()]}::bigint[]) AS n (id, sequence)
       WHERE c.stream_id = n.id AND c.leased_by = ${this.owner} AND c.sequence < n.sequence`;
  }

  async pause(id: string, pausedReason: string): Promise<void> {
    await this.outbox.client.eventStream.updateMany({
      where: { id, status: 'enabled', cursor: { leasedBy: this.owner } },
      data: { status: 'paused', pausedReason },
    });
  }

  async waiting(streamId: string): Promise<WaitingPartition[]> {
    const rows = await this.outbox.client.eventDelivery.findMany({ where: { streamId } });
    return rows.map(({ organizationId, rowId, sequence, nextAttemptAt, ...row }) => ({
      organizationId,
      rowId,
      sequence: Number(sequence),
      nextAttemptAt,
      failure:
        row.failures === 0
          ? undefined
          : {
              eventId: row.eventId!,
              eventType: row.eventType!,
              changedAt: row.changedAt!,
              since: row.failingSince!,
              count: row.failures,
              attempts: row.attempts as unknown as RecordedAttempt[],
            },
    }));
  }

  /** @throws LeaseLostError */
  async saveWaiting(streamId: string, partition: WaitingPartition): Promise<void> {
    const { organizationId, rowId, sequence, failure, nextAttemptAt } = partition;
    const saved = await this.outbox.client.$executeRaw`
      INSERT INTO event_deliveries (stream_id, organization_id, row_id, sequence, event_id, event_type, changed_at,
                                    attempts, failures, failing_since, next_attempt_at)
      SELECT stream_id, ${organizationId}, ${rowId}, ${sequence}::bigint, ${failure?.eventId ?? null}::text,
             ${failure?.eventType ?? null}::text, ${failure?.changedAt ?? null}::timestamptz,
             ${JSON.stringify(failure?.attempts ?? [])}::jsonb, ${failure?.count ?? 0}::int,
             ${failure?.since ?? null}::timestamptz, ${nextAttemptAt}::timestamptz
        FROM event_stream_cursors WHERE stream_id = ${streamId} AND leased_by = ${this.owner}
      ON CONFLICT (stream_id, organization_id, row_id) DO UPDATE
         SET sequence = excluded.sequence, event_id = excluded.event_id, event_type = excluded.event_type,
             changed_at = excluded.changed_at, attempts = excluded.attempts, failures = excluded.failures,
             failing_since = excluded.failing_since, next_attempt_at = excluded.next_attempt_at`;
    if (saved === 0) throw new LeaseLostError();
  }

  /**
   * Deletes the row of a partition that has caught up, unless a later event of it has failed and been saved meanwhile.
   *
   * @throws LeaseLostError
   */
  async endWaiting(streamId: string, { organizationId, rowId, sequence }: WaitingPartition): Promise<void> {
    const leased = await this.outbox.client.$queryRaw<unknown[]>`
      WITH leased AS (
        SELECT stream_id FROM event_stream_cursors WHERE stream_id = ${streamId} AND leased_by = ${this.owner}
      ), ended AS (
        DELETE FROM event_deliveries d USING leased l
         WHERE d.stream_id = l.stream_id AND organization_id = ${organizationId} AND row_id = ${rowId}
           AND sequence < ${sequence}
      )
      SELECT stream_id FROM leased`;
    if (leased.length === 0) throw new LeaseLostError();
  }
}

/** Another server has the lease of the stream, or the stream is deleted. */
export class LeaseLostError extends Error {}

import { Injectable } from '@nestjs/common';
import { Actor } from '../actor.js';
import type { EventDelivery, EventStream } from '../database/client.js';
import { PrismaService } from '../database/prisma.service.js';
import { checkpointPage, invalidCheckpoint, type CheckpointPage, type Page } from '../http/pagination.js';
import type { Preconditions } from '../http/preconditions.js';
import { newSortedId } from '../identifiers.js';
import type { RecordedChange } from './domain/change.js';
import { inPartition, readChanges } from './outbox.repository.js';

/** Required by `write`, but never recorded: the history does not include event streams. */
const ACTOR = new Actor({ subject: 'vestibule event streams' });

export type EventStreamRow = Omit<EventStream, 'id' | 'createdAt' | 'updatedAt' | 'version'>;

export interface DeliveryFilter {
  readonly eventId?: string;
  readonly eventTypes?: readonly string[];
  /** Events that happened at `from` or later and before `to`. */
  readonly from?: Date;
  readonly to?: Date;
}

/** The tables `event_streams` and, for requests, `event_deliveries`. */
@Injectable()
export class EventStreamsRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Ordered by id, which is the order of creation. */
  async list(page: CheckpointPage): Promise<Page<EventStream>> {
    if (page.after && page.after.length !== 1) throw invalidCheckpoint();
    const fetched = await this.prisma.client.eventStream.findMany({
      where: { id: page.after && { gt: page.after[0] } },
      orderBy: { id: 'asc' },
      take: page.limit + 1,
    });
    return checkpointPage(fetched, page, ({ id }) => [id]);
  }

  get(id: string): Promise<EventStream | null> {
    return this.prisma.client.eventStream.findUnique({ where: { id } });
  }

  /**
   * The stream begins with the changes after its creation. A change that is written concurrently may be missed.
   *
   * @param limit the most streams that may exist
   */
  create(row: EventStreamRow, limit: number): Promise<EventStream | 'event_stream_limit_reached'> {
    return this.prisma.write(ACTOR, async (transaction) => {
      // Concurrent creations are serialized, so that each counts the others.
      await transaction.$executeRaw`LOCK TABLE event_streams IN SHARE ROW EXCLUSIVE MODE`;
      if ((await transaction.eventStream.count()) >= limit) return 'event_stream_limit_reached';
      const [last] = await transaction.$queryRaw<[{ sequence: bigint }]>`
        SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS sequence FROM change_sequence`;
      return transaction.eventStream.create({
        data: { ...row, id: newSortedId('est'), cursor: { create: { sequence: last.sequence } } },
      });
    });
  }

  /**
   * Enabling a stream makes its failed deliveries due at once. Returns undefined when no stream has this id and one of
   * these versions.
   */
  async update(
    id: string,
    changes: Partial<EventStreamRow>,
    { versions }: Pick<Preconditions, 'versions'>,
  ): Promise<EventStream | undefined> {
    return this.prisma.write(ACTOR, async (transaction) => {
      const [updated] = await transaction.eventStream.updateManyAndReturn({
        where: { id, version: versions },
        data: changes,
      });
      if (updated && changes.status === 'enabled') {
        const now = new Date();
        await transaction.eventDelivery.updateMany({
          where: { streamId: id, failures: { gt: 0 } },
          data: { nextAttemptAt: now, failingSince: now },
        });
      }
      return updated;
    });
  }

  /** Returns whether a stream with this id and one of these versions existed. */
  async remove(id: string, { versions }: Preconditions): Promise<boolean> {
    const { count } = await this.prisma.write(ACTOR, ({ eventStream }) =>
      eventStream.deleteMany({ where: { id, version: versions } }),
    );
    return count > 0;
  }

  /** Ordered by sequence number. */
  async listFailed(streamId: string, filter: DeliveryFilter, page: CheckpointPage): Promise<Page<EventDelivery>> {
    const after =
      page.after && (page.after.length === 1 && /^\d{1,18}$/.test(page.after[0]!) ? page.after[0]! : undefined);
    if (page.after && after === undefined) throw invalidCheckpoint();
    const fetched = await this.prisma.client.eventDelivery.findMany({
      where: { ...whereFailed(streamId, filter), sequence: after === undefined ? undefined : { gt: BigInt(after) } },
      orderBy: { sequence: 'asc' },
      take: page.limit + 1,
    });
    return checkpointPage(fetched, page, ({ sequence }) => [String(sequence)]);
  }

  async getFailed(streamId: string, eventId: string): Promise<EventDelivery | null> {
    return this.prisma.client.eventDelivery.findFirst({ where: whereFailed(streamId, { eventId }) });
  }

  /** Returns undefined when the change of the delivery is no longer stored. */
  async changeOf(delivery: EventDelivery): Promise<RecordedChange | undefined> {
    const at = Number(delivery.sequence);
    const [change] = await readChanges(this.prisma.client, inPartition(delivery), at - 1, at, 1);
    return change;
  }

  /** Makes failed deliveries due at once, or as soon as the stream is enabled. Returns their number. */
  async redeliver(streamId: string, filter: DeliveryFilter): Promise<number> {
    return this.prisma.write(ACTOR, async (transaction) => {
      const { count } = await transaction.eventDelivery.updateMany({
        where: whereFailed(streamId, filter),
        data: { nextAttemptAt: new Date() },
      });
      if (count > 0) {
        await transaction.eventStreamCursor.update({
          where: { streamId },
          data: { redeliveries: { increment: 1 } },
        });
      }
      return count;
    });
  }
}

const whereFailed = (streamId: string, { eventId, eventTypes, from, to }: DeliveryFilter) => ({
  streamId,
  eventId,
  failures: { gt: 0 },
  eventType: eventTypes && { in: [...eventTypes] },
  changedAt: { gte: from, lt: to },
});

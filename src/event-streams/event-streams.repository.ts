import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { DATABASE, POOL, type Database, type EventDelivery, type EventStream } from '../database/database.js';
import { arrayOf } from '../database/statement.js';
import { checkpointPage, invalidCheckpoint, type CheckpointPage, type Page } from '../http/pagination.js';
import type { Preconditions } from '../http/preconditions.js';
import { newSortedId } from '../identifiers.js';
import type { RecordedChange } from './domain/change.js';
import { EVENT_TABLES } from './domain/event-type.js';
import { readLane } from './outbox.statements.js';

export type EventStreamRow = Omit<EventStream, 'id' | 'createdAt' | 'updatedAt' | 'version'>;

/** Which of the failed deliveries of a stream. */
export interface DeliveryFilter {
  readonly eventId?: string;
  readonly eventTypes?: readonly string[];
  /** By when the event happened: from the one on, before the other. */
  readonly from?: Date;
  readonly to?: Date;
}

/** The rows of `event_streams` and, as far as clients see and change them, of `event_deliveries`. */
@Injectable()
export class EventStreamsRepository {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(POOL) private readonly pool: pg.Pool,
  ) {}

  /** Ordered by id, which is the order of creation. */
  async list(page: CheckpointPage): Promise<Page<EventStream>> {
    if (page.after && page.after.length !== 1) throw invalidCheckpoint();
    const fetched = await this.database.eventStream.findMany({
      where: { id: page.after && { gt: page.after[0] } },
      orderBy: { id: 'asc' },
      take: page.limit + 1,
    });
    return checkpointPage(fetched, page, ({ id }) => [id]);
  }

  get(id: string): Promise<EventStream | null> {
    return this.database.eventStream.findUnique({ where: { id } });
  }

  /**
   * It gets the changes from now on; one that is being written meanwhile may or may not be among them.
   *
   * @param limit how many streams there may be
   */
  async create(row: EventStreamRow, limit: number): Promise<EventStream | 'event_stream_limit_reached'> {
    return this.database.$transaction(async (transaction) => {
      // Of two at once, the second counts the first.
      await transaction.$executeRaw`LOCK TABLE event_streams IN SHARE ROW EXCLUSIVE MODE`;
      if ((await transaction.eventStream.count()) >= limit) return 'event_stream_limit_reached';
      const [last] = await transaction.$queryRaw<[{ sequence: bigint }]>`
        SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS sequence FROM change_sequence`;
      return transaction.eventStream.create({
        data: { ...row, id: newSortedId('est'), cursor: { create: { sequence: last.sequence } } },
      });
    });
  }

  /** Undefined: there is none, or not of these versions. What waits is due at once in a stream that is enabled anew. */
  async update(
    id: string,
    changes: Partial<EventStreamRow>,
    { versions }: Pick<Preconditions, 'versions'>,
  ): Promise<EventStream | undefined> {
    return this.database.$transaction(async (transaction) => {
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

  /** @returns whether there was such a stream, as it was asked for */
  async remove(id: string, { versions }: Preconditions): Promise<boolean> {
    const { count } = await this.database.eventStream.deleteMany({ where: { id, version: versions } });
    return count > 0;
  }

  /** Ordered by the number of their change. */
  async listFailed(streamId: string, filter: DeliveryFilter, page: CheckpointPage): Promise<Page<EventDelivery>> {
    const after =
      page.after && (page.after.length === 1 && /^\d{1,18}$/.test(page.after[0]!) ? page.after[0]! : undefined);
    if (page.after && after === undefined) throw invalidCheckpoint();
    const fetched = await this.database.eventDelivery.findMany({
      where: { ...whereFailed(streamId, filter), sequence: after === undefined ? undefined : { gt: BigInt(after) } },
      orderBy: { sequence: 'asc' },
      take: page.limit + 1,
    });
    return checkpointPage(fetched, page, ({ sequence }) => [String(sequence)]);
  }

  async getFailed(streamId: string, eventId: string): Promise<EventDelivery | null> {
    return this.database.eventDelivery.findFirst({ where: whereFailed(streamId, { eventId }) });
  }

  /** The change of a delivery. Undefined: it is no longer kept. */
  async changeOf({ organizationId, rowId, sequence }: EventDelivery): Promise<RecordedChange | undefined> {
    const at = Number(sequence);
    const range = { after: at - 1, upTo: at, tables: arrayOf(EVENT_TABLES), limit: 1 };
    return (await readLane(this.pool, { organizationId, rowId }, range))[0];
  }

  /**
   * Has them tried at once, or as soon as the stream is enabled.
   *
   * @returns how many there are
   */
  async redeliver(streamId: string, filter: DeliveryFilter): Promise<number> {
    return this.database.$transaction(async (transaction) => {
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

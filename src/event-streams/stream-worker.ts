import type { Attempt, DestinationClient } from './destination-client.js';
import type { DeliveriesRepository, PartitionFailure, WaitingPartition } from './deliveries.repository.js';
import { partitionKey, partitionOf, type Partition, type RecordedChange } from './domain/change.js';
import { eventOf, type CloudEvent, type EventSource } from './domain/event.js';
import { eventTypeOf } from './domain/event-type.js';
import { isDue, pauseAfter } from './domain/pause.js';
import type { Outbox } from './outbox.repository.js';

/** Concurrent first deliveries and concurrent retries: separate limits, so that neither delays the other. */
const FRESH_AT_ONCE = 32;
const RETRIES_AT_ONCE = 8;
export const CONNECTIONS = FRESH_AT_ONCE + RETRIES_AT_ONCE;

/** The most changes, and bytes of changes, that are read but not delivered yet. */
const MAX_AHEAD = 1_000;
const MAX_AHEAD_BYTES = 8_000_000;
const BATCH = 500;
const PARTITION_BATCH = 100;
/** With this many partitions waiting, the destination itself fails: nothing is read until some are delivered. */
const MAX_WAITING = 1_000;
const KEPT_ATTEMPTS = 10;

export interface WorkerSettings {
  readonly streamId: string;
  readonly types: ReadonlySet<string>;
  readonly source: EventSource;
  /** All events up to this number are delivered or in a waiting partition. */
  readonly cursor: number;
  /** How long an event is retried before the stream is paused. */
  readonly retriesMs: number;
  /** The delay before the first retry. */
  readonly firstPauseMs: number;
}

/** A change that is read but neither delivered nor in a waiting partition, unless `isDone`. */
interface Pending {
  readonly change: RecordedChange;
  isDone: boolean;
}

interface FreshPartition extends Partition {
  readonly key: string;
  /** The first one is being sent, or is sent next. */
  readonly queue: Pending[];
}

interface BlockedPartition {
  waiting: WaitingPartition;
  isBusy: boolean;
}

/**
 * Delivers the events of one stream: in order within a partition, partitions concurrently. A partition whose event
 * fails waits, as one row. Its later changes are skipped, and read again once that event is delivered.
 *
 * @see docs/decisions/0030
 */
export class StreamWorker {
  /** All changes up to this number are read. */
  private position: number;
  /** Ordered by sequence number; never begins with one that is done. */
  private readonly pending: Pending[] = [];
  private pendingBytes = 0;
  private batch = PARTITION_BATCH;
  private readonly fresh = new Map<string, FreshPartition>();
  private ready: FreshPartition[] = [];
  private readonly blocked: Map<string, BlockedPartition>;
  private readonly underWay = new Set<Promise<void>>();
  private sending = 0;
  private retrying = 0;
  private reading?: Promise<void>;
  private isEnding = false;
  private leasedUntil = 0;
  /** Since when committed changes have been left unread. */
  private behindSince?: number;

  constructor(
    private readonly settings: WorkerSettings,
    waiting: readonly WaitingPartition[],
    private readonly outbox: Pick<Outbox, 'committedUpTo' | 'read' | 'readPartition'>,
    private readonly deliveries: DeliveriesRepository,
    private readonly client: DestinationClient,
    /** Called with the error that stops this worker: a lost lease, or a failure of the database. */
    private readonly fail: (error: unknown) => void,
  ) {
    this.position = settings.cursor;
    this.blocked = new Map(
      waiting.map((partition) => [partitionKey(partition), { waiting: partition, isBusy: false }]),
    );
  }

  /** Every event up to this number is delivered or in a waiting partition. */
  get cursor(): number {
    return this.pending.length === 0 ? this.position : this.pending[0]!.change.sequence - 1;
  }

  /** The age of the oldest change that is neither delivered nor in a waiting partition. */
  get lagMs(): number {
    const [oldest] = this.pending;
    if (oldest !== undefined) return Math.max(0, Date.now() - oldest.change.changedAt.getTime());
    return this.behindSince === undefined ? 0 : performance.now() - this.behindSince;
  }

  get waitingPartitions(): number {
    return this.blocked.size;
  }

  /** @param until by `performance.now()`; no delivery begins after it */
  renewLease(until: number): void {
    this.leasedUntil = until;
  }

  /** Starts the reads, deliveries and retries that are due. */
  wake(): void {
    if (this.isEnding) return;
    if (this.position >= this.outbox.committedUpTo) this.behindSince = undefined;
    else this.behindSince ??= performance.now();
    this.pump();
    this.startDueRetries();
  }

  /** Applies requested redeliveries: reads when each waiting partition is due. */
  async reconsider(): Promise<void> {
    for (const partition of await this.deliveries.waiting(this.settings.streamId)) {
      const blocked = this.blocked.get(partitionKey(partition));
      if (blocked && !blocked.isBusy) blocked.waiting = { ...blocked.waiting, nextAttemptAt: partition.nextAttemptAt };
    }
    this.wake();
  }

  /** Starts no more deliveries and waits for those in progress. */
  async end(): Promise<void> {
    this.isEnding = true;
    await this.reading;
    while (this.underWay.size > 0) await Promise.all(this.underWay);
    await this.client.end();
  }

  /** Starts no more deliveries and aborts those in progress. */
  async abort(): Promise<void> {
    this.isEnding = true;
    await this.client.end();
  }

  private get mayBegin(): boolean {
    return !this.isEnding && performance.now() < this.leasedUntil;
  }

  private get hasRoom(): boolean {
    return this.pending.length < MAX_AHEAD && this.pendingBytes < MAX_AHEAD_BYTES && this.blocked.size < MAX_WAITING;
  }

  private fill(): void {
    if (this.reading || !this.hasRoom || this.position >= this.outbox.committedUpTo) return;
    this.reading = this.readAhead()
      .catch((error: unknown) => this.fail(error))
      .finally(() => (this.reading = undefined));
  }

  private async readAhead(): Promise<void> {
    while (this.mayBegin && this.hasRoom && this.position < this.outbox.committedUpTo) {
      const upTo = this.outbox.committedUpTo;
      const changes = await this.outbox.read(this.position, upTo, this.batch);
      for (const change of changes) this.enqueue(change);
      this.position = changes.length < this.batch ? upTo : changes.at(-1)!.sequence;
      this.batch = batchFor(changes);
      this.pump();
    }
  }

  private enqueue(change: RecordedChange): void {
    if (!this.isWanted(change)) return;
    const partition = partitionOf(change);
    const key = partitionKey(partition);
    // The change is read again once the partition's failing event is delivered.
    if (this.blocked.has(key)) return;
    const pending = { change, isDone: false };
    this.pending.push(pending);
    this.pendingBytes += change.bytes;
    const known = this.fresh.get(key);
    if (known) {
      known.queue.push(pending);
    } else {
      const begun = { ...partition, key, queue: [pending] };
      this.fresh.set(key, begun);
      this.ready.push(begun);
    }
  }

  private isWanted(change: RecordedChange): boolean {
    const type = eventTypeOf(change);
    return type !== undefined && this.settings.types.has(type);
  }

  private pump(): void {
    while (this.sending < FRESH_AT_ONCE && this.ready.length > 0 && this.mayBegin) {
      const partition = this.ready.shift()!;
      this.sending++;
      this.follow(this.deliverNext(partition).finally(() => this.sending--));
    }
    this.fill();
  }

  private follow(work: Promise<void>): void {
    const followed = work
      .catch((error: unknown) => this.fail(error))
      .finally(() => {
        this.underWay.delete(followed);
        if (!this.isEnding) this.pump();
      });
    this.underWay.add(followed);
  }

  private async deliverNext(partition: FreshPartition): Promise<void> {
    const next = partition.queue[0]!;
    const { event, attempt } = await this.deliver(next.change);
    if (attempt.error === undefined) {
      partition.queue.shift();
      this.finish([next]);
      if (partition.queue.length > 0) this.ready.push(partition);
      else this.fresh.delete(partition.key);
      return;
    }
    // An aborted delivery says nothing about the destination.
    if (this.isEnding) return;
    const blocked = { waiting: this.waitingAfter(partition, next.change, event, attempt), isBusy: true };
    // From here on no change of the partition is queued. The cursor passes those that are once the row is saved.
    this.blocked.set(partition.key, blocked);
    this.fresh.delete(partition.key);
    await this.deliveries.saveWaiting(this.settings.streamId, blocked.waiting);
    blocked.isBusy = false;
    this.finish(partition.queue);
  }

  private finish(changes: readonly Pending[]): void {
    for (const change of changes) change.isDone = true;
    let first = 0;
    while (this.pending[first]?.isDone) this.pendingBytes -= this.pending[first++]!.change.bytes;
    this.pending.splice(0, first);
  }

  private startDueRetries(): void {
    for (const [key, blocked] of this.blocked) {
      if (this.retrying >= RETRIES_AT_ONCE || !this.mayBegin) return;
      if (blocked.isBusy || !isDue(blocked.waiting.nextAttemptAt)) continue;
      blocked.isBusy = true;
      this.retrying++;
      this.follow(
        this.catchUp(key, blocked).finally(() => {
          this.retrying--;
          blocked.isBusy = false;
        }),
      );
    }
  }

  /** Delivers the events of a waiting partition in order, until it has caught up with `position` or one fails. */
  private async catchUp(key: string, blocked: BlockedPartition): Promise<void> {
    const { streamId } = this.settings;
    for (;;) {
      const upTo = this.position;
      const { waiting } = blocked;
      const changes = await this.outbox.readPartition(waiting, waiting.sequence - 1, upTo, PARTITION_BATCH);
      for (const change of changes) {
        if (!this.mayBegin) return;
        if (!this.isWanted(change)) continue;
        const { event, attempt } = await this.deliver(change);
        if (attempt.error !== undefined) {
          if (!this.isEnding) await this.failAgain(blocked, change, event, attempt);
          return;
        }
        blocked.waiting = waitingFrom(change.sequence + 1, blocked.waiting);
      }
      if (changes.length < PARTITION_BATCH) {
        blocked.waiting = waitingFrom(upTo + 1, blocked.waiting);
        // When `position` has moved on meanwhile, the changes up to it have been skipped for this partition.
        if (upTo === this.position) break;
      } else {
        blocked.waiting = waitingFrom(changes.at(-1)!.sequence + 1, blocked.waiting);
        await this.deliveries.saveWaiting(streamId, blocked.waiting);
      }
    }
    this.blocked.delete(key);
    await this.deliveries.endWaiting(streamId, blocked.waiting);
  }

  private async failAgain(
    blocked: BlockedPartition,
    change: RecordedChange,
    event: CloudEvent,
    attempt: Attempt,
  ): Promise<void> {
    const { failure } = blocked.waiting;
    const before = failure?.eventId === event.id ? failure : undefined;
    blocked.waiting = this.waitingAfter(blocked.waiting, change, event, attempt, before);
    await this.deliveries.saveWaiting(this.settings.streamId, blocked.waiting);
    const { since, count } = blocked.waiting.failure!;
    if (attempt.at.getTime() - since.getTime() < this.settings.retriesMs) return;
    const reason = `${event.id} was tried ${count} times since ${since.toISOString()}: ${attempt.error}`;
    await this.deliveries.pause(this.settings.streamId, reason);
  }

  private waitingAfter(
    { organizationId, rowId }: Partition,
    { sequence, changedAt }: RecordedChange,
    { id: eventId, type: eventType }: CloudEvent,
    { at, milliseconds, error }: Attempt,
    before?: PartitionFailure,
  ): WaitingPartition {
    const count = (before?.count ?? 0) + 1;
    const attempt = { timestamp: at.toISOString(), error_message: error!, duration: milliseconds };
    const attempts = [...(before?.attempts ?? []), attempt].slice(-KEPT_ATTEMPTS);
    const failure = { eventId, eventType, changedAt, since: before?.since ?? at, count, attempts };
    const nextAttemptAt = new Date(Date.now() + pauseAfter(count, this.settings.firstPauseMs));
    return { organizationId, rowId, sequence, failure, nextAttemptAt };
  }

  private async deliver(change: RecordedChange): Promise<{ event: CloudEvent; attempt: Attempt }> {
    const event = eventOf(change, this.settings.streamId, this.settings.source)!;
    return { event, attempt: await this.client.send(event.id, JSON.stringify(event)) };
  }
}

const waitingFrom = (sequence: number, { failure: _, ...partition }: WaitingPartition): WaitingPartition => ({
  ...partition,
  sequence,
});

/** A batch size by the average size of the changes read last: about MAX_AHEAD_BYTES, at most BATCH changes. */
function batchFor(changes: readonly RecordedChange[]): number {
  const bytes = changes.reduce((sum, change) => sum + change.bytes, 0);
  const average = changes.length === 0 ? 1 : Math.max(1, bytes / changes.length);
  return Math.max(1, Math.min(BATCH, Math.floor(MAX_AHEAD_BYTES / average)));
}

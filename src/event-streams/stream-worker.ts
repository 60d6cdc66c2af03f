import type { Attempt, DestinationClient } from './destination-client.js';
import type { DeliveriesRepository, PartitionFailure, WaitingPartition } from './deliveries.repository.js';
import { partitionKey, partitionOf, type Partition, type RecordedChange } from './domain/change.js';
import { eventOf, type CloudEvent, type EventSource } from './domain/event.js';
import { eventTypeOf } from './domain/event-type.js';
import { isDue, pauseAfter } from './domain/pause.js';
import type { Outbox } from './outbox.repository.js';

/** Deliveries under way at once: of what is new, and of what failed before, so that neither keeps the other waiting. */
const FRESH_AT_ONCE = 32;
const RETRIES_AT_ONCE = 8;
export const CONNECTIONS = FRESH_AT_ONCE + RETRIES_AT_ONCE;

/** What is read ahead is no more than this: changes, and bytes of them. */
const MAX_AHEAD = 1_000;
const MAX_AHEAD_BYTES = 8_000_000;
const BATCH = 500;
/** So many are read of a partition that waited. */
const PARTITION_BATCH = 100;
/** With so many partitions waiting, it is the destination that fails: nothing new is read until some are delivered. */
const MAX_WAITING = 1_000;
const KEPT_ATTEMPTS = 10;

export interface WorkerSettings {
  readonly streamId: string;
  readonly types: ReadonlySet<string>;
  readonly source: EventSource;
  /** All events up to it are delivered or wait. */
  readonly cursor: number;
  /** For how long an event is tried again, and how long the first pause is, in milliseconds. */
  readonly retriesMs: number;
  readonly firstPauseMs: number;
}

/** A change that was read and is not dealt with yet. */
interface Ahead {
  readonly change: RecordedChange;
  isDone: boolean;
}

interface FreshPartition extends Partition {
  readonly key: string;
  /** The first one is being sent, or is the next to be. */
  readonly queue: Ahead[];
}

interface HeldPartition {
  waiting: WaitingPartition;
  isBusy: boolean;
}

/**
 * Delivers the events of one stream: one after the other within a partition, partitions beside each other. A partition
 * with an event that fails is put aside, as one row: what comes later in it is left unread, and read again from the
 * changes once the event is delivered.
 *
 * @see docs/decisions/0030
 */
export class StreamWorker {
  /** All changes up to it are read. */
  private position: number;
  /** In the order of their numbers; those at the front that are done are dropped. */
  private readonly ahead: Ahead[] = [];
  private aheadBytes = 0;
  private batch = PARTITION_BATCH;
  private readonly fresh = new Map<string, FreshPartition>();
  private ready: FreshPartition[] = [];
  private readonly held: Map<string, HeldPartition>;
  private readonly underWay = new Set<Promise<void>>();
  private sending = 0;
  private retrying = 0;
  private reading?: Promise<void>;
  private isEnding = false;
  private leasedUntil = 0;
  /** Since when there has been something to read that was not read. */
  private behindSince?: number;

  constructor(
    private readonly settings: WorkerSettings,
    waiting: readonly WaitingPartition[],
    private readonly outbox: Pick<Outbox, 'committedUpTo' | 'read' | 'readPartition'>,
    private readonly deliveries: DeliveriesRepository,
    private readonly client: DestinationClient,
    /** What makes it stop for good: a lost lease, or a database that is away. */
    private readonly fail: (error: unknown) => void,
  ) {
    this.position = settings.cursor;
    this.held = new Map(waiting.map((partition) => [partitionKey(partition), { waiting: partition, isBusy: false }]));
  }

  /** Every event up to it is delivered or waits. */
  get cursor(): number {
    return this.ahead.length === 0 ? this.position : this.ahead[0]!.change.sequence - 1;
  }

  /** How old the oldest change is that is neither delivered nor waits, in milliseconds. */
  get lagMs(): number {
    const [oldest] = this.ahead;
    if (oldest !== undefined) return Math.max(0, Date.now() - oldest.change.changedAt.getTime());
    return this.behindSince === undefined ? 0 : performance.now() - this.behindSince;
  }

  /** How many partitions wait for an event that fails. */
  get waitingPartitions(): number {
    return this.held.size;
  }

  /** @param until by the clock of `performance`; nothing is begun any more then */
  renewLease(until: number): void {
    this.leasedUntil = until;
  }

  /** Looks for what there is to do. */
  wake(): void {
    if (this.isEnding) return;
    if (this.position >= this.outbox.committedUpTo) this.behindSince = undefined;
    else this.behindSince ??= performance.now();
    this.pump();
    this.retryWhatIsDue();
  }

  /** Takes up what was asked for since. */
  async reconsider(): Promise<void> {
    for (const partition of await this.deliveries.waiting(this.settings.streamId)) {
      const held = this.held.get(partitionKey(partition));
      if (held && !held.isBusy) held.waiting = { ...held.waiting, nextAttemptAt: partition.nextAttemptAt };
    }
    this.wake();
  }

  /** Begins nothing more and waits for what is under way. */
  async end(): Promise<void> {
    this.isEnding = true;
    await this.reading;
    while (this.underWay.size > 0) await Promise.all(this.underWay);
    await this.client.end();
  }

  /** Breaks off what is under way. */
  async abort(): Promise<void> {
    this.isEnding = true;
    await this.client.end();
  }

  private get mayBegin(): boolean {
    return !this.isEnding && performance.now() < this.leasedUntil;
  }

  private get hasRoom(): boolean {
    return this.ahead.length < MAX_AHEAD && this.aheadBytes < MAX_AHEAD_BYTES && this.held.size < MAX_WAITING;
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
      for (const change of changes) this.take(change);
      this.position = changes.length < this.batch ? upTo : changes.at(-1)!.sequence;
      this.batch = batchFor(changes);
      this.pump();
    }
  }

  private take(change: RecordedChange): void {
    if (!this.isWanted(change)) return;
    const partition = partitionOf(change);
    const key = partitionKey(partition);
    // It is read again when what it waits for is delivered.
    if (this.held.has(key)) return;
    const ahead = { change, isDone: false };
    this.ahead.push(ahead);
    this.aheadBytes += change.bytes;
    const known = this.fresh.get(key);
    if (known) {
      known.queue.push(ahead);
    } else {
      const begun = { ...partition, key, queue: [ahead] };
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
    const event = this.eventOf(next.change);
    const attempt = await this.deliver(event);
    if (attempt.error === undefined) {
      partition.queue.shift();
      this.done([next]);
      if (partition.queue.length > 0) this.ready.push(partition);
      else this.fresh.delete(partition.key);
      return;
    }
    // That it is being broken off says nothing about the destination.
    if (this.isEnding) return;
    const { organizationId, rowId } = partition;
    const waiting = this.failed({ organizationId, rowId }, next.change, event, attempt, undefined);
    // From here on nothing of the partition is taken any more; the cursor passes what was, when the row is there.
    this.held.set(partition.key, { waiting, isBusy: true });
    this.fresh.delete(partition.key);
    await this.deliveries.saveWaiting(this.settings.streamId, waiting);
    this.held.get(partition.key)!.isBusy = false;
    this.done(partition.queue);
  }

  private done(dealtWith: readonly Ahead[]): void {
    for (const one of dealtWith) one.isDone = true;
    let first = 0;
    while (this.ahead[first]?.isDone) this.aheadBytes -= this.ahead[first++]!.change.bytes;
    this.ahead.splice(0, first);
  }

  private retryWhatIsDue(): void {
    for (const [key, held] of this.held) {
      if (this.retrying >= RETRIES_AT_ONCE || !this.mayBegin) return;
      if (held.isBusy || !isDue(held.waiting.nextAttemptAt)) continue;
      held.isBusy = true;
      this.retrying++;
      this.follow(
        this.catchUp(key, held).finally(() => {
          this.retrying--;
          held.isBusy = false;
        }),
      );
    }
  }

  /** Delivers what waits in a partition, until it has caught up with all that is read, or something fails. */
  private async catchUp(key: string, held: HeldPartition): Promise<void> {
    const { streamId } = this.settings;
    for (;;) {
      const upTo = this.position;
      const changes = await this.outbox.readPartition(held.waiting, held.waiting.sequence - 1, upTo, PARTITION_BATCH);
      for (const change of changes) {
        if (!this.mayBegin) return;
        if (!this.isWanted(change)) continue;
        const event = this.eventOf(change);
        const attempt = await this.deliver(event);
        if (attempt.error !== undefined) {
          if (!this.isEnding) await this.failAgain(held, change, event, attempt);
          return;
        }
        held.waiting = caughtUpTo(held.waiting, change.sequence + 1);
      }
      if (changes.length < PARTITION_BATCH) {
        held.waiting = caughtUpTo(held.waiting, upTo + 1);
        // Otherwise more has been read meanwhile and left to this partition.
        if (upTo === this.position) break;
      } else {
        held.waiting = caughtUpTo(held.waiting, changes.at(-1)!.sequence + 1);
        await this.deliveries.saveWaiting(streamId, held.waiting);
      }
    }
    this.held.delete(key);
    await this.deliveries.endWaiting(streamId, held.waiting);
  }

  private async failAgain(
    held: HeldPartition,
    change: RecordedChange,
    event: CloudEvent,
    attempt: Attempt,
  ): Promise<void> {
    const { organizationId, rowId, failure } = held.waiting;
    const isSame = failure?.eventId === event.id;
    held.waiting = this.failed({ organizationId, rowId }, change, event, attempt, isSame ? failure : undefined);
    await this.deliveries.saveWaiting(this.settings.streamId, held.waiting);
    const { since, count } = held.waiting.failure!;
    if (attempt.at.getTime() - since.getTime() < this.settings.retriesMs) return;
    const reason = `${event.id} was tried ${count} times since ${since.toISOString()}: ${attempt.error}`;
    await this.deliveries.pause(this.settings.streamId, reason);
  }

  private failed(
    partition: Partition,
    change: RecordedChange,
    event: CloudEvent,
    { at, milliseconds, error }: Attempt,
    before: PartitionFailure | undefined,
  ): WaitingPartition {
    const count = (before?.count ?? 0) + 1;
    const attempts = [
      ...(before?.attempts ?? []),
      { timestamp: at.toISOString(), error_message: error!, duration: milliseconds },
    ];
    const failure = {
      eventId: event.id,
      eventType: event.type,
      changedAt: change.changedAt,
      since: before?.since ?? at,
      count,
      attempts: attempts.slice(-KEPT_ATTEMPTS),
    };
    const nextAttemptAt = new Date(Date.now() + pauseAfter(count, this.settings.firstPauseMs));
    return { ...partition, sequence: change.sequence, failure, nextAttemptAt };
  }

  private eventOf(change: RecordedChange): CloudEvent {
    return eventOf(change, this.settings.streamId, this.settings.source)!;
  }

  private deliver(event: CloudEvent): Promise<Attempt> {
    return this.client.send(event.id, JSON.stringify(event));
  }
}

const caughtUpTo = (
  { organizationId, rowId, nextAttemptAt }: WaitingPartition,
  sequence: number,
): WaitingPartition => ({
  organizationId,
  rowId,
  sequence,
  nextAttemptAt,
});

/** So many that they are about as large as what may be read ahead. */
function batchFor(changes: readonly RecordedChange[]): number {
  const bytes = changes.reduce((sum, change) => sum + change.bytes, 0);
  const average = changes.length === 0 ? 1 : Math.max(1, bytes / changes.length);
  return Math.max(1, Math.min(BATCH, Math.floor(MAX_AHEAD_BYTES / average)));
}

import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { AppConfig } from '../config/config.js';
import { DeliveriesRepository, LeaseLostError, type LeasedStream } from './deliveries.repository.js';
import { DestinationClient } from './destination-client.js';
import { DestinationPolicy } from './domain/destination.js';
import { eventSourceOf } from './domain/event.js';
import { Outbox } from './outbox.repository.js';
import { CONNECTIONS, StreamWorker } from './stream-worker.js';
import { StreamSecretsSeal } from './stream-secrets.js';

/** How long a lease lasts without renewal; then another server takes over the stream. */
const LEASE_MS = 4_000;
const RENEWAL_MS = 1_000;
/** How often a server without leases looks for enabled streams. */
const SEARCH_MS = 2_000;
/** How often cursors are saved: what was delivered since is sent again after a crash. */
const ADVANCE_MS = 250;
const WAKE_MS = 100;
/** How long a stopping worker may take to finish deliveries. */
const SHUTDOWN_MS = 3_000;

interface Work {
  readonly version: bigint;
  redeliveries: number;
  readonly worker: StreamWorker;
  /** Set while the worker is stopping. */
  ending?: Promise<void>;
}

export interface DeliveryFigures {
  /** The age of the oldest change that is not sent yet, without those in waiting partitions. */
  readonly lagMs: number;
  /** Partitions whose event failed, of all streams. */
  readonly waitingPartitions: number;
  readonly streams: number;
}

/** Leases streams that no other server has, and runs a worker for each. */
@Injectable()
export class EventDispatcher {
  private readonly logger = new Logger(EventDispatcher.name);
  private readonly works = new Map<string, Work>();
  private readonly advanced = new Map<string, number>();
  private readonly ending = new AbortController();
  private readonly policy: DestinationPolicy;
  private readonly source: ReturnType<typeof eventSourceOf>;
  private pause = new AbortController();
  private running?: Promise<void>;
  private unfollow?: () => void;
  private timers: NodeJS.Timeout[] = [];
  private advancing?: Promise<void>;
  private hasLeased = false;
  /** The last warning about each stream, so that it is not repeated every second. */
  private readonly warnings = new Map<string, string>();

  constructor(
    private readonly config: AppConfig,
    private readonly outbox: Outbox,
    private readonly deliveries: DeliveriesRepository,
    private readonly seal: StreamSecretsSeal,
  ) {
    this.policy = new DestinationPolicy(config.eventDestinationsAllow);
    this.source = eventSourceOf(config.publicUrl);
  }

  get figures(): DeliveryFigures {
    const workers = [...this.works.values()].map(({ worker }) => worker);
    const uncommittedMs = workers.length === 0 ? 0 : this.outbox.uncommittedMs;
    return {
      lagMs: Math.max(uncommittedMs, ...workers.map(({ lagMs }) => lagMs)),
      waitingPartitions: workers.reduce((sum, { waitingPartitions }) => sum + waitingPartitions, 0),
      streams: workers.length,
    };
  }

  start(): void {
    this.running ??= this.run();
  }

  /** Applies created, removed and changed streams at once instead of at the next renewal. */
  refresh(): void {
    this.pause.abort();
  }

  async stop(): Promise<void> {
    this.ending.abort();
    this.pause.abort();
    await this.running;
    await Promise.all([...this.works].map(([id, work]) => this.endWork(id, work)));
    await this.stopTimers().catch(() => undefined);
    if (this.hasLeased) await this.deliveries.release().catch(() => undefined);
    await this.outbox.end();
  }

  private async run(): Promise<void> {
    let isFailing = false;
    while (!this.ending.signal.aborted) {
      let milliseconds = RENEWAL_MS;
      this.pause = new AbortController();
      try {
        if (this.works.size > 0 || (await this.deliveries.isAnyEnabled())) await this.renew();
        else milliseconds = SEARCH_MS;
        if (isFailing) this.logger.log('Events are delivered again');
        isFailing = false;
      } catch (error) {
        if (!isFailing && this.works.size > 0) {
          this.logger.warn(`Cannot renew the leases of event streams: ${String(error)}`);
          isFailing = true;
        }
      }
      await delay(milliseconds, undefined, { signal: this.pause.signal, ref: false }).catch(() => undefined);
    }
  }

  private async renew(): Promise<void> {
    const askedAt = performance.now();
    this.hasLeased = true;
    const leased = await this.deliveries.lease(LEASE_MS);
    for (const { worker } of this.works.values()) worker.renewLease(askedAt + LEASE_MS);
    const byId = new Map(leased.map((stream) => [stream.id, stream]));
    for (const [id, work] of this.works) {
      // Not awaited, so that the leases of other streams do not expire meanwhile.
      if (byId.get(id)?.version !== work.version) void this.endWork(id, work);
    }
    for (const stream of leased) {
      const work = this.works.get(stream.id);
      if (work === undefined) {
        await this.begin(stream, askedAt + LEASE_MS).catch((error: unknown) => this.warn(stream.id, error));
      } else if (work.redeliveries !== stream.redeliveries) {
        work.redeliveries = stream.redeliveries;
        await work.worker.reconsider();
      }
    }
    if (this.works.size > 0) this.startTimers();
    else await this.stopTimers();
  }

  private async begin(stream: LeasedStream, leasedUntil: number): Promise<void> {
    const { id, version, redeliveries } = stream;
    const { eventAnswer, eventRetries, eventFirstPause } = this.config.deadlines;
    const secrets = await this.seal.open(stream.secrets);
    const settings = {
      streamId: id,
      types: new Set(stream.eventTypes),
      source: this.source,
      // The cursor that a previous worker saved may be newer than the one read with the lease.
      cursor: Math.max(stream.sequence, this.advanced.get(id) ?? 0),
      retriesMs: eventRetries,
      firstPauseMs: eventFirstPause,
    };
    const waiting = await this.deliveries.waiting(id);
    const client = new DestinationClient(stream, secrets, this.policy, CONNECTIONS, eventAnswer);
    const worker: StreamWorker = new StreamWorker(settings, waiting, this.outbox, this.deliveries, client, (error) =>
      this.drop(id, worker, error),
    );
    worker.renewLease(leasedUntil);
    this.works.set(id, { version, redeliveries, worker });
    worker.wake();
  }

  /** Drops a worker that lost its lease or the database; the next renewal asks for the lease again. */
  private drop(id: string, worker: StreamWorker, error: unknown): void {
    if (this.works.get(id)?.worker !== worker) return;
    this.works.delete(id);
    this.advanced.delete(id);
    if (!(error instanceof LeaseLostError)) this.warn(id, error);
    void worker.abort();
  }

  private warn(id: string, error: unknown): void {
    const warning = String(error);
    if (this.warnings.get(id) === warning) return;
    this.warnings.set(id, warning);
    this.logger.warn(`Cannot deliver the events of ${id}, retrying every second: ${warning}`);
  }

  /** Stops the worker, aborts deliveries that take longer than SHUTDOWN_MS, and saves the cursor. */
  private endWork(id: string, work: Work): Promise<void> {
    work.ending ??= (async () => {
      const timer = setTimeout(() => void work.worker.abort(), SHUTDOWN_MS);
      await work.worker.end();
      clearTimeout(timer);
      await this.advance().catch(() => undefined);
      if (this.works.get(id) === work) this.works.delete(id);
      this.refresh();
    })();
    return work.ending;
  }

  private startTimers(): void {
    this.unfollow ??= this.outbox.follow(() => this.wake());
    if (this.timers.length > 0) return;
    const advance = () => void this.advance().catch(() => undefined);
    this.timers = [setInterval(() => this.wake(), WAKE_MS).unref(), setInterval(advance, ADVANCE_MS).unref()];
  }

  private async stopTimers(): Promise<void> {
    this.unfollow?.();
    this.unfollow = undefined;
    this.timers.forEach(clearInterval);
    this.timers = [];
    await this.advancing;
  }

  private wake(): void {
    for (const { worker } of this.works.values()) worker.wake();
  }

  private async advance(): Promise<void> {
    const cursors = new Map([...this.works].map(([id, { worker }]) => [id, worker.cursor]));
    for (const [id, cursor] of cursors) if (this.advanced.get(id) === cursor) cursors.delete(id);
    if (cursors.size === 0) return;
    this.advancing = this.deliveries.advance(cursors);
    await this.advancing;
    for (const [id, cursor] of cursors) {
      this.advanced.set(id, cursor);
      this.warnings.delete(id);
    }
  }
}

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

/** For so long a server has a stream after it last said so; when it is gone, another takes the stream over then. */
const LEASE_MS = 4_000;
const RENEWAL_MS = 1_000;
/** While there are no streams, it is looked for some so often. */
const SEARCH_MS = 2_000;
/** How often what has been delivered is written down, which is what may come twice after a crash. */
const ADVANCE_MS = 250;
/** How often it is looked what is due. */
const WAKE_MS = 100;
/** For deliveries under way when the server stops. */
const FAREWELL_MS = 3_000;

interface Work {
  readonly version: bigint;
  redeliveries: number;
  readonly worker: StreamWorker;
  /** When it is to end: until it has. */
  ending?: Promise<void>;
}

/** How the delivery of events is doing on this server. */
export interface DeliveryFigures {
  /** How old the oldest change is that should have been sent, in milliseconds; those that wait to be tried again apart. */
  readonly lagMs: number;
  /** Organizations, or rows of none, of which an event fails, in all streams. */
  readonly waitingPartitions: number;
  readonly streams: number;
}

/** Runs a worker for each stream of which this server has the lease, and looks for streams without a lease. */
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
  /** What was last said of a stream that cannot be delivered, so that it is not said each second. */
  private readonly complaints = new Map<string, string>();

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

  /** Looks at once whether a stream has come, gone or changed. */
  refresh(): void {
    this.pause.abort();
  }

  async stop(): Promise<void> {
    this.ending.abort();
    this.pause.abort();
    await this.running;
    await Promise.all([...this.works].map(([id, work]) => this.endWork(id, work)));
    await this.rest().catch(() => undefined);
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
          this.logger.warn(`Streams of events cannot be worked on: ${String(error)}`);
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
      // It is not waited for, so that the leases of others do not run out meanwhile.
      if (byId.get(id)?.version !== work.version) void this.endWork(id, work);
    }
    for (const stream of leased) {
      const work = this.works.get(stream.id);
      if (work === undefined) {
        await this.begin(stream, askedAt + LEASE_MS).catch((error: unknown) => this.complain(stream.id, error));
      } else if (work.redeliveries !== stream.redeliveries) {
        work.redeliveries = stream.redeliveries;
        await work.worker.reconsider();
      }
    }
    if (this.works.size > 0) this.attend();
    else await this.rest();
  }

  private async begin(stream: LeasedStream, leasedUntil: number): Promise<void> {
    const { id, version, redeliveries, eventTypes, endpoint, username } = stream;
    const { eventAnswer, eventRetries, eventFirstPause } = this.config.deadlines;
    const secrets = await this.seal.open(stream.secrets);
    const authorization =
      stream.authorization === 'basic'
        ? ({ method: 'basic', username: username! } as const)
        : ({ method: 'bearer' } as const);
    const settings = {
      streamId: id,
      types: new Set(eventTypes),
      source: this.source,
      // What has been delivered by the worker before is newer than what the lease says.
      cursor: Math.max(stream.sequence, this.advanced.get(id) ?? 0),
      retriesMs: eventRetries,
      firstPauseMs: eventFirstPause,
    };
    const waiting = await this.deliveries.waiting(id);
    const client = new DestinationClient({ endpoint, authorization, secrets }, this.policy, CONNECTIONS, eventAnswer);
    const worker: StreamWorker = new StreamWorker(settings, waiting, this.outbox, this.deliveries, client, (error) =>
      this.drop(id, worker, error),
    );
    worker.renewLease(leasedUntil);
    this.works.set(id, { version, redeliveries, worker });
    worker.wake();
  }

  /** Another server has it, or the database is away: this server asks for the lease anew. */
  private drop(id: string, worker: StreamWorker, error: unknown): void {
    if (this.works.get(id)?.worker !== worker) return;
    this.works.delete(id);
    this.advanced.delete(id);
    if (!(error instanceof LeaseLostError)) this.complain(id, error);
    void worker.abort();
  }

  private complain(id: string, error: unknown): void {
    const complaint = String(error);
    if (this.complaints.get(id) === complaint) return;
    this.complaints.set(id, complaint);
    this.logger.warn(`The events of ${id} cannot be delivered, tried again each second: ${complaint}`);
  }

  /** Waits for what it has under way, but not for long, and writes down how far it has got. */
  private endWork(id: string, work: Work): Promise<void> {
    work.ending ??= (async () => {
      const farewell = setTimeout(() => void work.worker.abort(), FAREWELL_MS);
      await work.worker.end();
      clearTimeout(farewell);
      await this.advance().catch(() => undefined);
      if (this.works.get(id) === work) this.works.delete(id);
      this.refresh();
    })();
    return work.ending;
  }

  /** While there are workers. */
  private attend(): void {
    this.unfollow ??= this.outbox.follow(() => this.wake());
    if (this.timers.length > 0) return;
    const advance = () => void this.advance().catch(() => undefined);
    this.timers = [setInterval(() => this.wake(), WAKE_MS).unref(), setInterval(advance, ADVANCE_MS).unref()];
  }

  private async rest(): Promise<void> {
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
      this.complaints.delete(id);
    }
  }
}

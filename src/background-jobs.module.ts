import { Logger, Module, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { ChangePartitions } from './changes/change-partitions.js';
import { EventDispatcher } from './event-streams/event-dispatcher.js';
import { EventStreamsModule } from './event-streams/event-streams.module.js';
import { RemovalService } from './removal/removal.service.js';
import { IdempotencyKeysRepository } from './safe-writes/idempotency-keys.repository.js';
import { SafeWritesModule } from './safe-writes/safe-writes.module.js';

const MINUTE_MS = 60_000;

interface BackgroundJob {
  start(): void;
  /** Resolves when the running work has ended. */
  stop(): Promise<void>;
}

/** Runs at the start and then at an interval. A failed run is logged, and the next one tries again. */
class RecurringJob implements BackgroundJob {
  private timer?: NodeJS.Timeout;
  private running?: Promise<void>;

  constructor(
    private readonly title: string,
    private readonly everyMs: number,
    private readonly run: () => Promise<void>,
  ) {}

  start(): void {
    this.runOnce();
    this.timer = setInterval(() => this.runOnce(), this.everyMs).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  private runOnce(): void {
    this.running = this.run().catch((error: unknown) => {
      new Logger('BackgroundJobs').warn(
        `${this.title} failed, next try in ${this.everyMs / MINUTE_MS} min: ${String(error)}`,
      );
    });
  }
}

/** Work apart from requests. The jobs stop before the last requests are answered and the pool is closed. */
@Module({ imports: [EventStreamsModule, SafeWritesModule], providers: [ChangePartitions] })
export class BackgroundJobsModule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly jobs: readonly BackgroundJob[];

  constructor(
    partitions: ChangePartitions,
    idempotencyKeys: IdempotencyKeysRepository,
    removal: RemovalService,
    dispatcher: EventDispatcher,
  ) {
    this.jobs = [
      new RecurringJob('Keeping the partitions of changes', 60 * MINUTE_MS, () => partitions.keep()),
      new RecurringJob('Removing expired idempotency keys', 15 * MINUTE_MS, () => idempotencyKeys.removeExpired()),
      removal,
      dispatcher,
    ];
  }

  onApplicationBootstrap(): void {
    for (const job of this.jobs) job.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.jobs.map((job) => job.stop()));
  }
}

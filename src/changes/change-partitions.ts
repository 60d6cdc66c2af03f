import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import { AppConfig } from '../config/config.js';
import { PrismaService } from '../database/prisma.service.js';

const LOOK_EVERY_MS = 60 * 60_000;
/** Partitions are made so long before their month begins. */
const AHEAD_DAYS = 62;

/** Makes the monthly partitions of `changes` ahead of time, and drops those past the retention. */
@Injectable()
export class ChangePartitions implements BeforeApplicationShutdown {
  private readonly logger = new Logger(ChangePartitions.name);
  private timer?: NodeJS.Timeout;
  private keeping?: Promise<void>;

  constructor(
    private readonly prisma: PrismaService,
    private readonly config: AppConfig,
  ) {}

  /** Now, and every hour. Until it has worked, changes are caught by the default partition. */
  start(): void {
    const keep = () => {
      this.keeping = this.keep().catch((error: unknown) => {
        this.logger.warn(`The partitions of the history were not maintained: ${String(error)}`);
      });
    };
    keep();
    this.timer = setInterval(keep, LOOK_EVERY_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.keeping;
  }

  async keep(): Promise<void> {
    await this.prisma.client.$queryRaw`
      SELECT keep_change_partitions(
        current_date + ${AHEAD_DAYS}::int, current_date - ${this.config.changeRetentionDays}::int)::text`;
  }
}

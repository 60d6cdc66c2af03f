import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/config.js';
import { PrismaService } from '../database/prisma.service.js';

/** How long before its month begins a partition is created. */
const AHEAD_DAYS = 62;

/** The monthly partitions of `changes`. */
@Injectable()
export class ChangePartitions {
  constructor(
    private readonly prisma: PrismaService,
    private readonly config: AppConfig,
  ) {}

  /** Creates the partitions of the coming months and drops those older than the retention. */
  async keep(): Promise<void> {
    await this.prisma.client.$queryRaw`
      SELECT keep_change_partitions(
        current_date + ${AHEAD_DAYS}::int, current_date - ${this.config.changeRetentionDays}::int)::text`;
  }
}

import { Injectable } from '@nestjs/common';
import { AppConfig } from '../config/config.js';
import { PrismaService } from '../database/prisma.service.js';

/** Partitions are made so long before their month begins. */
const AHEAD_DAYS = 62;

/** The monthly partitions of `changes`. */
@Injectable()
export class ChangePartitions {
  constructor(
    private readonly prisma: PrismaService,
    private readonly config: AppConfig,
  ) {}

  /**
   * Makes those of the coming months and drops those older than the retention. Changes of a month without a partition go
   * to the default partition.
   */
  async keep(): Promise<void> {
    await this.prisma.client.$queryRaw`
      SELECT keep_change_partitions(
        current_date + ${AHEAD_DAYS}::int, current_date - ${this.config.changeRetentionDays}::int)::text`;
  }
}

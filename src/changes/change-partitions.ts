import { Inject, Injectable } from '@nestjs/common';
import { AppConfig } from '../config/config.js';
import { DATABASE, type Database } from '../database/database.js';

/** Partitions are made so long before their month begins. */
const AHEAD_DAYS = 62;

/** The monthly partitions of `changes`. */
@Injectable()
export class ChangePartitions {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    private readonly config: AppConfig,
  ) {}

  /**
   * Makes those of the coming months and drops those older than the retention. Changes of a month without a partition go
   * to the default partition.
   */
  async keep(): Promise<void> {
    await this.database.$queryRaw`
      SELECT keep_change_partitions(
        current_date + ${AHEAD_DAYS}::int, current_date - ${this.config.changeRetentionDays}::int)::text`;
  }
}

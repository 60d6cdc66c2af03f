import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { CallerShares } from './caller-shares.js';
import { ChangeFeed } from './change-feed.js';
import { createPrisma, DATABASE, POOL } from './database.js';
import type { Pool } from './pool.js';
import { ReadConnection } from './read-connection.js';
import { RequestTransactions } from './request-transactions.js';
import { RowTurns } from './row-turns.js';

/** Gives every feature the database: Prisma and the pool for writes, the connection for reads, the feed of changes. */
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  static forRoot(pool: Pool): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      providers: [
        { provide: POOL, useValue: pool },
        { provide: DATABASE, useFactory: createPrisma, inject: [POOL] },
        { provide: ReadConnection, useFactory: () => new ReadConnection(pool.options) },
        { provide: ChangeFeed, useFactory: () => new ChangeFeed(pool) },
        RowTurns,
        RequestTransactions,
        CallerShares,
      ],
      exports: [POOL, DATABASE, ReadConnection, ChangeFeed, RowTurns, RequestTransactions, CallerShares],
    };
  }

  constructor(
    @Inject(POOL) private readonly pool: Pool,
    private readonly reads: ReadConnection,
    private readonly feed: ChangeFeed,
  ) {}

  /** Runs after the server has stopped listening and the requests under way are done. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.pool.end(), this.reads.end(), this.feed.end()]);
  }
}

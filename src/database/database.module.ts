import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import type pg from 'pg';
import { createPrisma, DATABASE, POOL } from './database.js';

/** Gives every feature the database on the pool of whoever starts the application. */
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  static forRoot(pool: pg.Pool): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      providers: [
        { provide: POOL, useValue: pool },
        { provide: DATABASE, useFactory: createPrisma, inject: [POOL] },
      ],
      exports: [POOL, DATABASE],
    };
  }

  constructor(@Inject(POOL) private readonly pool: pg.Pool) {}

  /** Runs after the server has stopped listening and the requests under way are done. */
  async onApplicationShutdown(): Promise<void> {
    await this.pool.end();
  }
}

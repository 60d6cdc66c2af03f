import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import type { AppConfig } from '../config/config.js';
import { OrganizationExistence } from './hot/organization-existence.js';
import { ReadPipeline } from './hot/read-pipeline.js';
import { createPool } from './pool.js';
import { PrismaService, SignInPrismaService } from './prisma.service.js';

/** The connections of a sign-in that grants something. */
const SIGN_IN_CONNECTIONS = 2;

/** Injection token of the pool for sign-ins that grant something. */
const SIGN_IN_POOL = Symbol('SignInPool');

/** Injection token of the pool for dry runs and idempotent requests, which hold a connection until their answer. */
const REQUEST_POOL = Symbol('RequestPool');

/** Gives every feature the database. */
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  static forRoot(pool: pg.Pool, { poolWaitMs }: AppConfig): DynamicModule {
    const url = pool.options.connectionString!;
    return {
      module: DatabaseModule,
      global: true,
      providers: [
        { provide: pg.Pool, useValue: pool },
        { provide: SIGN_IN_POOL, useFactory: () => createPool(url, { max: SIGN_IN_CONNECTIONS, waitMs: poolWaitMs }) },
        {
          provide: REQUEST_POOL,
          useFactory: () => createPool(url, { max: Math.ceil(pool.options.max / 2), waitMs: poolWaitMs }),
        },
        { provide: ReadPipeline, useFactory: () => new ReadPipeline(url) },
        {
          provide: PrismaService,
          useFactory: (reads: ReadPipeline, requests: pg.Pool) => new PrismaService(pool, reads, requests),
          inject: [ReadPipeline, REQUEST_POOL],
        },
        {
          provide: SignInPrismaService,
          useFactory: (own: pg.Pool, reads: ReadPipeline) => new SignInPrismaService(own, reads),
          inject: [SIGN_IN_POOL, ReadPipeline],
        },
        OrganizationExistence,
      ],
      exports: [pg.Pool, PrismaService, SignInPrismaService, OrganizationExistence],
    };
  }

  // Named, because TypeScript emits no class for a member of a default import.
  constructor(
    @Inject(pg.Pool) private readonly pool: pg.Pool,
    @Inject(SIGN_IN_POOL) private readonly signIns: pg.Pool,
    @Inject(REQUEST_POOL) private readonly requests: pg.Pool,
    private readonly reads: ReadPipeline,
  ) {}

  /** Runs after the server has stopped listening and the requests under way are done. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all([this.pool, this.signIns, this.requests, this.reads].map((each) => each.end()));
  }
}

import { Inject, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';
import type { AppConfig } from '../config/config.js';
import { OrganizationExistence } from './hot/organization-existence.js';
import { ReadPipeline } from './hot/read-pipeline.js';
import { createPool } from './pool.js';
import { PrismaService, SignInPrismaService } from './prisma.service.js';

/** Size of the pool for what sign-ins write. */
const SIGN_IN_CONNECTIONS = 2;

/** Injection token of everything that holds connections. */
const CONNECTIONS = Symbol('Connections');

/** Provides the database to every module. */
@Module({})
export class DatabaseModule implements OnApplicationShutdown {
  static forRoot(pool: pg.Pool, { poolWaitMs: waitMs }: AppConfig): DynamicModule {
    const url = pool.options.connectionString!;
    const reads = new ReadPipeline(url);
    const signIns = createPool(url, { max: SIGN_IN_CONNECTIONS, waitMs });
    // Dry runs and idempotent requests hold a connection until they are answered, so they get a pool of their own.
    const requests = createPool(url, { max: Math.ceil(pool.options.max / 2), waitMs });
    return {
      module: DatabaseModule,
      global: true,
      providers: [
        { provide: pg.Pool, useValue: pool },
        { provide: CONNECTIONS, useValue: [pool, signIns, requests, reads] },
        { provide: PrismaService, useValue: new PrismaService(pool, reads, requests) },
        { provide: SignInPrismaService, useValue: new SignInPrismaService(signIns, reads) },
        OrganizationExistence,
      ],
      exports: [pg.Pool, PrismaService, SignInPrismaService, OrganizationExistence],
    };
  }

  constructor(@Inject(CONNECTIONS) private readonly connections: readonly { end(): Promise<void> }[]) {}

  /** Runs after the server has stopped listening and has answered the last requests. */
  async onApplicationShutdown(): Promise<void> {
    await Promise.all(this.connections.map((each) => each.end()));
  }
}

import { Module, type DynamicModule } from '@nestjs/common';
import type pg from 'pg';
import { AuthModule } from './auth/auth.module.js';
import type { AppConfig } from './config/config.js';
import { ConfigModule } from './config/config.module.js';
import { DatabaseModule } from './database/database.module.js';
import { EncryptionModule } from './encryption/encryption.module.js';
import { PlanModule } from './plan/plan.module.js';
import { RemovalModule } from './removal/removal.module.js';

/** The services of the command line, without background jobs, which a server runs. */
@Module({})
export class CliModule {
  static forRoot(config: AppConfig, pool: pg.Pool): DynamicModule {
    return {
      module: CliModule,
      imports: [
        ConfigModule.forRoot(config),
        DatabaseModule.forRoot(pool, config),
        EncryptionModule,
        AuthModule.forRoot(config.auth),
        PlanModule,
        RemovalModule,
      ],
    };
  }
}

import { Module, type DynamicModule } from '@nestjs/common';
import { AuthModule } from './auth/auth.module.js';
import type { AppConfig } from './config/config.js';
import { ConfigModule } from './config/config.module.js';
import { DatabaseModule } from './database/database.module.js';
import type { Pool } from './database/pool.js';
import { EncryptionModule } from './encryption/encryption.module.js';
import { PlanModule } from './plan/plan.module.js';
import { RemovalModule } from './removal/removal.module.js';

/** The services that the command line uses. It runs beside a server and leaves the background jobs to it. */
@Module({})
export class CliModule {
  static forRoot(config: AppConfig, pool: Pool): DynamicModule {
    return {
      module: CliModule,
      imports: [
        ConfigModule.forRoot(config),
        DatabaseModule.forRoot(pool),
        EncryptionModule,
        AuthModule.forRoot(config.auth),
        PlanModule,
        RemovalModule,
      ],
    };
  }
}

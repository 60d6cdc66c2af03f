import { Module, type DynamicModule } from '@nestjs/common';
import type pg from 'pg';
import { AuthModule } from './auth/auth.module.js';
import type { AppConfig } from './config/config.js';
import { ConfigModule } from './config/config.module.js';
import { ConnectionsModule } from './connections/connections.module.js';
import { DatabaseModule } from './database/database.module.js';
import { HealthModule } from './health/health.module.js';
import { OpenApiModule } from './http/openapi/openapi.module.js';
import { OrganizationConnectionsModule } from './organization-connections/organization-connections.module.js';
import { OrganizationsModule } from './organizations/organizations.module.js';

@Module({})
export class AppModule {
  static for(config: AppConfig, pool: pg.Pool): DynamicModule {
    return {
      module: AppModule,
      imports: [
        ConfigModule.with(config),
        DatabaseModule.on(pool),
        AuthModule.for(config.auth),
        OrganizationsModule,
        OrganizationConnectionsModule,
        ConnectionsModule,
        HealthModule,
        OpenApiModule,
      ],
    };
  }
}

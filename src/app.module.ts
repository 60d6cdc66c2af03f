import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_PIPE } from '@nestjs/core';
import { ApplicationsModule } from './applications/applications.module.js';
import { AuthModule } from './auth/auth.module.js';
import { BackgroundJobsModule } from './background-jobs.module.js';
import { ChangesModule } from './changes/changes.module.js';
import type { AppConfig } from './config/config.js';
import { ConfigModule } from './config/config.module.js';
import { ConnectionsModule } from './connections/connections.module.js';
import { DatabaseModule } from './database/database.module.js';
import type pg from 'pg';
import { DiscoveryDomainsModule } from './discovery-domains/discovery-domains.module.js';
import { lookUpTxtOverDns, type LookUpTxt } from './discovery-domains/txt-records.js';
import { EncryptionModule } from './encryption/encryption.module.js';
import { EventStreamsModule } from './event-streams/event-streams.module.js';
import { HealthModule } from './health/health.module.js';
import { ExceptionToResponseFilter } from './http/exception.filter.js';
import { RequestValidationPipe } from './http/validation/validation.pipe.js';
import { LoginModule } from './login/login.module.js';
import { MembersModule } from './members/members.module.js';
import { OpenApiModule } from './openapi/openapi.module.js';
import { OrganizationConnectionsModule } from './organization-connections/organization-connections.module.js';
import { OrganizationsModule } from './organizations/organizations.module.js';
import { RemovalModule } from './removal/removal.module.js';
import { SafeWritesModule } from './safe-writes/safe-writes.module.js';
import { UsersModule } from './users/users.module.js';

@Module({})
export class AppModule {
  /** @param lookUpTxt looks up TXT records, by default over DNS */
  static forRoot(config: AppConfig, pool: pg.Pool, lookUpTxt: LookUpTxt = lookUpTxtOverDns()): DynamicModule {
    const discoveryDomains = DiscoveryDomainsModule.forRoot(lookUpTxt);
    return {
      module: AppModule,
      imports: [
        ConfigModule.forRoot(config),
        DatabaseModule.forRoot(pool, config),
        EncryptionModule,
        AuthModule.forRoot(config.auth),
        OrganizationsModule,
        OrganizationConnectionsModule,
        ConnectionsModule,
        UsersModule,
        MembersModule,
        discoveryDomains,
        ChangesModule.forRoot(discoveryDomains),
        ApplicationsModule,
        LoginModule,
        EventStreamsModule,
        SafeWritesModule,
        RemovalModule,
        HealthModule,
        OpenApiModule,
        BackgroundJobsModule,
      ],
      providers: [
        { provide: APP_PIPE, useClass: RequestValidationPipe },
        { provide: APP_FILTER, useClass: ExceptionToResponseFilter },
      ],
    };
  }
}

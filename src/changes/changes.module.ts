import { Module, type DynamicModule } from '@nestjs/common';
import { MembersModule } from '../members/members.module.js';
import { OrganizationConnectionsModule } from '../organization-connections/organization-connections.module.js';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { ChangesRepository } from './changes.repository.js';
import { HistoryController } from './history.controller.js';
import { HistoryService } from './history.service.js';
import { LogsController } from './logs.controller.js';
import { LogsRepository } from './logs.repository.js';

@Module({})
export class ChangesModule {
  /** @param discoveryDomains the module that the application created for discovery domains */
  static forRoot(discoveryDomains: DynamicModule): DynamicModule {
    return {
      module: ChangesModule,
      imports: [OrganizationsModule, OrganizationConnectionsModule, MembersModule, discoveryDomains],
      controllers: [HistoryController, LogsController],
      providers: [HistoryService, ChangesRepository, LogsRepository],
    };
  }
}

import { Module } from '@nestjs/common';
import { BulkController } from './bulk.controller.js';
import { BulkService } from './bulk.service.js';
import { EnabledConnectionsController } from './enabled-connections.controller.js';
import { OrganizationConnectionsController } from './organization-connections.controller.js';
import { OrganizationConnectionsRepository } from './organization-connections.repository.js';
import { OrganizationConnectionsService } from './organization-connections.service.js';
import { RowSetsRepository } from './row-sets.repository.js';

@Module({
  controllers: [EnabledConnectionsController, OrganizationConnectionsController, BulkController],
  providers: [OrganizationConnectionsService, OrganizationConnectionsRepository, BulkService, RowSetsRepository],
  exports: [OrganizationConnectionsService],
})
export class OrganizationConnectionsModule {}

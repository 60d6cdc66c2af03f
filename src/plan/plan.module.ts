import { Module } from '@nestjs/common';
import { OrganizationConnectionsModule } from '../organization-connections/organization-connections.module.js';
import { OrganizationsModule } from '../organizations/organizations.module.js';
import { PlanRepository } from './plan.repository.js';
import { PlanService } from './plan.service.js';

/** Only for the command line. */
@Module({
  imports: [OrganizationsModule, OrganizationConnectionsModule],
  providers: [PlanService, PlanRepository],
})
export class PlanModule {}

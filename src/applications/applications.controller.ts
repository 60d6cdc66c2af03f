import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { RequireScope } from '../auth/access.js';
import { pageOf, presentPage } from '../http/pagination.js';
import { OrganizationPathDto } from '../http/path.dto.js';
import { OrganizationExistence } from '../database/hot/organization-existence.js';
import { emptyPage } from './empty-page.js';
import { ListApplicationsDto } from './dto/application.dto.js';

/**
 * Always empty lists: this service has no applications and grants. The Deploy CLI and other tools that manage organizations
 * read these lists first, and take a missing one for missing rights.
 */
@ApiExcludeController()
@Controller()
export class ApplicationsController {
  constructor(private readonly organizations: OrganizationExistence) {}

  @Get('clients')
  @RequireScope('read:clients')
  listClients(@Query() query: ListApplicationsDto) {
    return presentPage(emptyPage(pageOf(query)), 'clients', String);
  }

  @Get('client-grants')
  @RequireScope('read:client_grants')
  listClientGrants(@Query() query: ListApplicationsDto) {
    return presentPage(emptyPage(pageOf(query)), 'client_grants', String);
  }

  @Get('organizations/:id/clients')
  @RequireScope('read:organization_clients')
  async listOrganizationClients(@Param() { id }: OrganizationPathDto, @Query() query: ListApplicationsDto) {
    await this.organizations.require(id);
    return presentPage(emptyPage(pageOf(query)), 'clients', String);
  }

  @Get('organizations/:id/client-grants')
  @RequireScope('read:organization_client_grants')
  async listOrganizationClientGrants(@Param() { id }: OrganizationPathDto, @Query() query: ListApplicationsDto) {
    await this.organizations.require(id);
    return presentPage(emptyPage(pageOf(query)), 'client_grants', String);
  }
}

import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { CallerScopes, RequireScope, RequireScopesFor } from '../auth/access.js';
import type { GrantedScopes } from '../auth/scopes.js';
import { ApiEntityTag } from '../http/openapi/entity-tag.js';
import { ApiList } from '../http/openapi/lists.js';
import { ApiErrors } from '../http/openapi/responses.js';
import { pageOf, presentPage } from '../http/pagination.js';
import { RequestActor } from '../auth/request-actor.js';
import type { Actor } from '../actor.js';
import { RequestPreconditions, type Preconditions } from '../http/preconditions.js';
import { orderOf } from '../http/sorting.js';
import { newSettingsIn } from '../organization-connections/domain/settings.js';
import { changesOf, draftOf } from './dto/changes.js';
import {
  ListOrganizationsDto,
  OrganizationCreateDto,
  OrganizationCreatedResponse,
  OrganizationNamePathDto,
  OrganizationResponse,
  OrganizationUpdateDto,
} from './dto/organization.dto.js';
import { OrganizationPathDto } from '../http/path.dto.js';
import {
  organizationPresenterFor,
  presentCreatedOrganization,
  presentOneOrganization,
} from './organizations.presenter.js';
import { OrganizationsService } from './organizations.service.js';

@ApiTags('organizations')
@Controller('organizations')
export class OrganizationsController {
  constructor(private readonly service: OrganizationsService) {}

  @Get()
  @RequireScope('read:organizations', 'read:organizations_summary')
  @ApiList('organizations', OrganizationResponse, ['offset', 'checkpoint'])
  @ApiErrors()
  async list(@Query() query: ListOrganizationsDto, @CallerScopes() scopes: GrantedScopes) {
    return presentPage(
      await this.service.list(orderOf(query.sort), pageOf(query)),
      'organizations',
      organizationPresenterFor(scopes),
    );
  }

  @Post()
  @RequireScope('create:organizations')
  @RequireScopesFor({ body: ['enabled_connections'] }, 'create:organizations', 'create:organization_connections')
  @ApiResponse({ status: 201, type: OrganizationCreatedResponse })
  @ApiEntityTag()
  @ApiErrors(409)
  async create(
    @RequestActor() actor: Actor,
    @Body() body: OrganizationCreateDto,
  ): Promise<OrganizationCreatedResponse> {
    const connections = (body.enabled_connections ?? []).map((sent) => ({
      connectionId: sent.connection_id,
      settings: newSettingsIn(sent),
    }));
    return presentCreatedOrganization(await this.service.create(actor, draftOf(body), connections));
  }

  @Get('name/:name')
  @RequireScope('read:organizations')
  @ApiResponse({ status: 200, type: OrganizationResponse })
  @ApiEntityTag()
  @ApiErrors(404)
  async getByName(@Param() { name }: OrganizationNamePathDto): Promise<OrganizationResponse> {
    return presentOneOrganization(await this.service.getByName(name));
  }

  @Get(':id')
  @RequireScope('read:organizations', 'read:organizations_summary')
  @ApiResponse({ status: 200, type: OrganizationResponse })
  @ApiEntityTag()
  @ApiErrors(404)
  async get(
    @Param() { id }: OrganizationPathDto,
    @CallerScopes() scopes: GrantedScopes,
  ): Promise<OrganizationResponse> {
    return presentOneOrganization(await this.service.get(id), scopes);
  }

  @Patch(':id')
  @RequireScope('update:organizations')
  @ApiResponse({ status: 200, type: OrganizationResponse })
  @ApiEntityTag()
  @ApiErrors(404, 409)
  async update(
    @RequestActor() actor: Actor,
    @Param() { id }: OrganizationPathDto,
    @Body() body: OrganizationUpdateDto,
    @RequestPreconditions() preconditions: Preconditions,
  ): Promise<OrganizationResponse> {
    return presentOneOrganization(await this.service.update(actor, id, changesOf(body), preconditions));
  }

  @Delete(':id')
  @RequireScope('delete:organizations')
  @HttpCode(204)
  @ApiResponse({ status: 204 })
  @ApiEntityTag()
  @ApiErrors(404)
  async remove(
    @RequestActor() actor: Actor,
    @Param() { id }: OrganizationPathDto,
    @RequestPreconditions() preconditions: Preconditions,
  ): Promise<void> {
    return this.service.remove(actor, id, preconditions);
  }
}

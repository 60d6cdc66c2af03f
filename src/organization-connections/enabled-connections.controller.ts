import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../auth/access.js';
import { ApiEntityTag } from '../http/openapi/entity-tag.js';
import { ApiErrors } from '../http/openapi/responses.js';
import { ApiList } from '../http/openapi/lists.js';
import { OffsetPagingDto, offsetPage, presentPage } from '../http/pagination.js';
import { RequestActor } from '../auth/request-actor.js';
import type { Actor } from '../actor.js';
import { RequestPreconditions, type Preconditions } from '../http/preconditions.js';
import { OrganizationPathDto } from '../http/path.dto.js';
import {
  OrganizationEnabledConnectionAddDto,
  OrganizationEnabledConnectionPathDto,
  OrganizationEnabledConnectionResponse,
  OrganizationEnabledConnectionUpdateDto,
} from './dto/organization-connection.dto.js';
import { changesIn, newSettingsIn } from './domain/settings.js';
import { presentEnabledConnection, presentOneEnabledConnection } from './organization-connections.presenter.js';
import { OrganizationConnectionsService } from './organization-connections.service.js';

/** The enabled-connections API: only rows that are enabled exist here. */
@ApiTags('enabled-connections API')
@Controller('organizations/:id/enabled_connections')
export class EnabledConnectionsController {
  constructor(private readonly service: OrganizationConnectionsService) {}

  @Get()
  @RequireScope('read:organization_connections')
  @ApiList('enabled_connections', OrganizationEnabledConnectionResponse, ['offset'])
  @ApiErrors(404)
  async list(@Param() { id }: OrganizationPathDto, @Query() query: OffsetPagingDto) {
    return presentPage(
      await this.service.list(id, offsetPage(query), true),
      'enabled_connections',
      presentEnabledConnection,
    );
  }

  @Post()
  @RequireScope('create:organization_connections')
  @ApiResponse({ status: 201, type: OrganizationEnabledConnectionResponse })
  @ApiEntityTag()
  @ApiErrors(404, 409)
  async add(
    @RequestActor() actor: Actor,
    @Param() { id }: OrganizationPathDto,
    @Body() body: OrganizationEnabledConnectionAddDto,
  ): Promise<OrganizationEnabledConnectionResponse> {
    return presentOneEnabledConnection(
      await this.service.add(
        actor,
        { organizationId: id, connectionId: body.connection_id },
        newSettingsIn(body),
        'enabled-connections',
      ),
    );
  }

  @Get(':connectionId')
  @RequireScope('read:organization_connections')
  @ApiResponse({ status: 200, type: OrganizationEnabledConnectionResponse })
  @ApiEntityTag()
  @ApiErrors(404)
  async get(
    @Param() { id, connectionId }: OrganizationEnabledConnectionPathDto,
  ): Promise<OrganizationEnabledConnectionResponse> {
    return presentOneEnabledConnection(
      await this.service.get({ organizationId: id, connectionId }, 'enabled-connections'),
    );
  }

  @Patch(':connectionId')
  @RequireScope('update:organization_connections')
  @ApiResponse({ status: 200, type: OrganizationEnabledConnectionResponse })
  @ApiEntityTag()
  @ApiErrors(404)
  async update(
    @RequestActor() actor: Actor,
    @Param() { id, connectionId }: OrganizationEnabledConnectionPathDto,
    @Body() body: OrganizationEnabledConnectionUpdateDto,
    @RequestPreconditions() preconditions: Preconditions,
  ): Promise<OrganizationEnabledConnectionResponse> {
    const key = { organizationId: id, connectionId };
    return presentOneEnabledConnection(
      await this.service.update(actor, key, changesIn(body), 'enabled-connections', preconditions),
    );
  }

  @Delete(':connectionId')
  @RequireScope('delete:organization_connections')
  @HttpCode(204)
  @ApiResponse({ status: 204 })
  @ApiEntityTag()
  @ApiErrors(404)
  async remove(
    @RequestActor() actor: Actor,
    @Param() { id, connectionId }: OrganizationEnabledConnectionPathDto,
    @RequestPreconditions() preconditions: Preconditions,
  ): Promise<void> {
    return this.service.remove(actor, { organizationId: id, connectionId }, 'enabled-connections', preconditions);
  }
}

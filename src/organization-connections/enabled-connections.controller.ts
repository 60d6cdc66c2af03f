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
import { OrganizationPathDto } from '../organizations/dto/organization-path.dto.js';
import {
  OrganizationEnabledConnectionAddDto,
  OrganizationEnabledConnectionPathDto,
  OrganizationEnabledConnectionResponse,
  OrganizationEnabledConnectionUpdateDto,
} from './dto/organization-connection.dto.js';
import { newSettingsOf, settingsOf } from './dto/settings.js';
import { presentEnabledConnection, presentOneEnabledConnection } from './organization-connections.presenter.js';
import { OrganizationConnectionsService } from './organization-connections.service.js';

/** The older face: only rows that are enabled exist here. */
@ApiTags('organization connections, older face')
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
    return presentOneEnabledConnection(await this.service.add(actor, id, newSettingsOf(body), 'older'));
  }

  @Get(':connectionId')
  @RequireScope('read:organization_connections')
  @ApiResponse({ status: 200, type: OrganizationEnabledConnectionResponse })
  @ApiEntityTag()
  @ApiErrors(404)
  async get(
    @Param() { id, connectionId }: OrganizationEnabledConnectionPathDto,
  ): Promise<OrganizationEnabledConnectionResponse> {
    return presentOneEnabledConnection(await this.service.get({ organizationId: id, connectionId }, 'older'));
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
    return presentOneEnabledConnection(await this.service.update(actor, key, settingsOf(body), 'older', preconditions));
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
    return this.service.remove(actor, { organizationId: id, connectionId }, 'older', preconditions);
  }
}

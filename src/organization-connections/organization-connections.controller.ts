import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Put, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { RequireAllScopes, RequireScope } from '../auth/access.js';
import { ApiEntityTag } from '../http/openapi/entity-tag.js';
import { ApiErrors } from '../http/openapi/responses.js';
import { ApiList } from '../http/openapi/lists.js';
import { offsetPage } from '../http/pagination.js';
import { RequestActor } from '../auth/request-actor.js';
import type { Actor } from '../actor.js';
import { RequestPreconditions, type Preconditions } from '../http/preconditions.js';
import { OrganizationPathDto } from '../http/path.dto.js';
import {
  ListOrganizationConnectionsDto,
  OrganizationConnectionCreateDto,
  OrganizationConnectionPathDto,
  OrganizationConnectionResponse,
  OrganizationConnectionUpdateDto,
} from './dto/organization-connection.dto.js';
import { OrganizationConnectionsReplaceDto, OrganizationConnectionsReplacedResponse } from './dto/replacement.dto.js';
import { changesIn, newSettingsIn } from './domain/settings.js';
import { wantedRowOf } from './dto/reference.js';
import {
  presentOneOrganizationConnection,
  presentOrganizationConnections,
  presentReplacement,
} from './organization-connections.presenter.js';
import { OrganizationConnectionsService } from './organization-connections.service.js';

/** The connections API: all rows, enabled or not. */
@ApiTags('connections API')
@Controller('organizations/:id/connections')
export class OrganizationConnectionsController {
  constructor(private readonly service: OrganizationConnectionsService) {}

  @Get()
  @RequireScope('read:organization_connections')
  @ApiList('connections', OrganizationConnectionResponse, ['offset'])
  @ApiEntityTag()
  @ApiErrors(404)
  async list(@Param() { id }: OrganizationPathDto, @Query() query: ListOrganizationConnectionsDto) {
    const page = await this.service.list(id, offsetPage(query), query.is_enabled);
    return presentOrganizationConnections(page, query.is_enabled);
  }

  @Post()
  @RequireScope('create:organization_connections')
  @ApiResponse({ status: 201, type: OrganizationConnectionResponse })
  @ApiEntityTag()
  @ApiErrors(404, 409)
  async create(
    @RequestActor() actor: Actor,
    @Param() { id }: OrganizationPathDto,
    @Body() body: OrganizationConnectionCreateDto,
  ): Promise<OrganizationConnectionResponse> {
    return presentOneOrganizationConnection(
      await this.service.add(
        actor,
        { organizationId: id, connectionId: body.connection_id },
        newSettingsIn(body),
        'connections',
      ),
    );
  }

  /** Replaces all rows or, when one breaks a rule, none. */
  @Put()
  @RequireAllScopes(
    'create:organization_connections',
    'update:organization_connections',
    'delete:organization_connections',
  )
  @ApiResponse({ status: 200, type: OrganizationConnectionsReplacedResponse })
  @ApiEntityTag()
  @ApiErrors(404)
  async replace(
    @RequestActor() actor: Actor,
    @Param() { id }: OrganizationPathDto,
    @Body() { connections }: OrganizationConnectionsReplaceDto,
    @RequestPreconditions() preconditions: Preconditions,
  ): Promise<OrganizationConnectionsReplacedResponse> {
    return presentReplacement(await this.service.replace(actor, id, connections.map(wantedRowOf), preconditions));
  }

  @Get(':connection_id')
  @RequireScope('read:organization_connections')
  @ApiResponse({ status: 200, type: OrganizationConnectionResponse })
  @ApiEntityTag()
  @ApiErrors(404)
  async get(@Param() { id, connection_id }: OrganizationConnectionPathDto): Promise<OrganizationConnectionResponse> {
    const key = { organizationId: id, connectionId: connection_id };
    return presentOneOrganizationConnection(await this.service.get(key, 'connections'));
  }

  @Patch(':connection_id')
  @RequireScope('update:organization_connections')
  @ApiResponse({ status: 200, type: OrganizationConnectionResponse })
  @ApiEntityTag()
  @ApiErrors(404)
  async update(
    @RequestActor() actor: Actor,
    @Param() { id, connection_id }: OrganizationConnectionPathDto,
    @Body() body: OrganizationConnectionUpdateDto,
    @RequestPreconditions() preconditions: Preconditions,
  ): Promise<OrganizationConnectionResponse> {
    const key = { organizationId: id, connectionId: connection_id };
    return presentOneOrganizationConnection(
      await this.service.update(actor, key, changesIn(body), 'connections', preconditions),
    );
  }

  @Delete(':connection_id')
  @RequireScope('delete:organization_connections')
  @HttpCode(204)
  @ApiResponse({ status: 204 })
  @ApiEntityTag()
  @ApiErrors(404)
  async remove(
    @RequestActor() actor: Actor,
    @Param() { id, connection_id }: OrganizationConnectionPathDto,
    @RequestPreconditions() preconditions: Preconditions,
  ): Promise<void> {
    return this.service.remove(
      actor,
      { organizationId: id, connectionId: connection_id },
      'connections',
      preconditions,
    );
  }
}

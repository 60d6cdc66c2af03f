import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { CallerScopes, RequireScope } from '../auth/access.js';
import { RequestActor } from '../auth/request-actor.js';
import type { GrantedScopes } from '../auth/scopes.js';
import type { Actor } from '../actor.js';
import { ApiErrors } from '../http/openapi/responses.js';
import { checkpointOf, presentPage } from '../http/pagination.js';
import { OrganizationConnectionPathDto } from '../organization-connections/dto/organization-connection.dto.js';
import { OrganizationPathDto } from '../http/path.dto.js';
import type { ChangeFilter } from './changes.repository.js';
import {
  ChangePathDto,
  ChangeResponse,
  HistoryQueryDto,
  HistoryResponse,
  OrganizationConnectionChangePathDto,
} from './dto/history.dto.js';
import { presentChange } from './history.presenter.js';
import { HistoryService } from './history.service.js';

/** An addition to the Management API: the changes of an organization, and their reversal. */
@ApiTags('history')
@Controller('organizations/:id')
export class HistoryController {
  constructor(private readonly service: HistoryService) {}

  @Get('history')
  @RequireScope('read:logs')
  @ApiResponse({ status: 200, type: HistoryResponse })
  @ApiErrors(404)
  async list(@Param() { id }: OrganizationPathDto, @Query() query: HistoryQueryDto) {
    return presentPage(await this.service.list(id, filterOf(query), checkpointOf(query)), 'history', presentChange);
  }

  @Post('history/:sequence/revert')
  @RequireScope(
    'update:organizations',
    'update:organization_connections',
    'delete:organization_connections',
    'create:organization_members',
    'delete:organization_members',
    'update:organization_discovery_domains',
    'delete:organization_discovery_domains',
  )
  @HttpCode(200)
  @ApiResponse({ status: 200, type: ChangeResponse })
  @ApiErrors(404, 409)
  async revert(
    @RequestActor() actor: Actor,
    @CallerScopes() scopes: GrantedScopes,
    @Param() { id, sequence }: ChangePathDto,
  ): Promise<ChangeResponse> {
    return presentChange(await this.service.revert(actor, scopes, id, BigInt(sequence)));
  }

  @Get('connections/:connection_id/history')
  @RequireScope('read:logs')
  @ApiResponse({ status: 200, type: HistoryResponse })
  @ApiErrors(404)
  async listOfConnection(
    @Param() { id, connection_id }: OrganizationConnectionPathDto,
    @Query() query: HistoryQueryDto,
  ) {
    const filter = { ...filterOf(query), row: rowOf(connection_id) };
    return presentPage(await this.service.list(id, filter, checkpointOf(query)), 'history', presentChange);
  }

  @Post('connections/:connection_id/history/:sequence/revert')
  @RequireScope('update:organization_connections', 'delete:organization_connections')
  @HttpCode(200)
  @ApiResponse({ status: 200, type: ChangeResponse })
  @ApiErrors(404, 409)
  async revertOfConnection(
    @RequestActor() actor: Actor,
    @CallerScopes() scopes: GrantedScopes,
    @Param() { id, connection_id, sequence }: OrganizationConnectionChangePathDto,
  ): Promise<ChangeResponse> {
    return presentChange(await this.service.revert(actor, scopes, id, BigInt(sequence), rowOf(connection_id)));
  }
}

const rowOf = (connectionId: string) => ({ table: 'organization_connections', rowId: connectionId }) as const;

const filterOf = ({ since, until, actor, operation }: HistoryQueryDto): ChangeFilter => ({
  since: since === undefined ? undefined : new Date(since),
  until: until === undefined ? undefined : new Date(until),
  actor,
  operation,
});

import { Body, Controller, HttpCode, Param, Post, Query, UseGuards } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { RequireAllScopes, RequireScope } from '../auth/access.js';
import { ConnectionPathDto } from '../connections/dto/connection.dto.js';
import { ApiJsonLinesBody } from '../http/openapi/bodies.js';
import { ApiErrors } from '../http/openapi/responses.js';
import { RequestActor } from '../auth/request-actor.js';
import type { Actor } from '../actor.js';
import { presentBulk } from './bulk.presenter.js';
import { BulkService } from './bulk.service.js';
import {
  BulkDto,
  BulkQueryDto,
  BulkResponse,
  ConnectionReplaceDto,
  ConnectionReplacedResponse,
  OperationDto,
} from './dto/bulk.dto.js';
import { connectionOf } from './dto/reference.js';
import { OperationsGuard } from './operations.guard.js';
import { OperationsPipe, type Bulk } from './operations.pipe.js';

/** Additions to the Management API, for changes of many organizations at once. */
@ApiTags('organization connections, many at once')
@Controller()
export class BulkController {
  constructor(private readonly service: BulkService) {}

  @Post('organizations/connections/bulk')
  @RequireScope('create:organization_connections', 'update:organization_connections', 'delete:organization_connections')
  @UseGuards(OperationsGuard)
  @HttpCode(200)
  @ApiJsonLinesBody(BulkDto, OperationDto)
  @ApiResponse({ status: 200, type: BulkResponse })
  @ApiErrors(404, 409)
  async change(
    @RequestActor() actor: Actor,
    @Body(OperationsPipe) bulk: Bulk,
    @Query() query: BulkQueryDto,
  ): Promise<BulkResponse> {
    return presentBulk(await this.service.change(actor, bulk.operations, bulk.atomic || query.atomic === true));
  }

  @Post('connections/:id/organizations/replace-with')
  @RequireAllScopes('create:organization_connections', 'delete:organization_connections')
  @HttpCode(200)
  @ApiResponse({ status: 200, type: ConnectionReplacedResponse })
  @ApiErrors(404, 409)
  async move(
    @RequestActor() actor: Actor,
    @Param() { id }: ConnectionPathDto,
    @Body() body: ConnectionReplaceDto,
  ): Promise<ConnectionReplacedResponse> {
    return { summary: { replaced: await this.service.move(actor, id, connectionOf(body)) } };
  }
}

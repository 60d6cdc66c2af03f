import { Body, Controller, Delete, Get, Param, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { RequireScope } from '../auth/access.js';
import { AppConfig } from '../config/config.js';
import { SelectFieldsDto, selectionOf } from '../http/field-selection.js';
import { ApiNotEmptyBody } from '../http/openapi/bodies.js';
import { ApiEntityTag } from '../http/openapi/entity-tag.js';
import { ApiList } from '../http/openapi/lists.js';
import { ApiErrors } from '../http/openapi/responses.js';
import { pageOf, presentPage } from '../http/pagination.js';
import { RequestActor } from '../auth/request-actor.js';
import type { Actor } from '../actor.js';
import { RequestPreconditions, type Preconditions } from '../http/preconditions.js';
import { NotEmptyPipe } from '../http/validation/not-empty.pipe.js';
import { presentConnection, presentOneConnection } from './connections.presenter.js';
import { ConnectionsService } from './connections.service.js';
import { changesOf, draftOf } from './dto/changes.js';
import {
  ConnectionCreateDto,
  ConnectionDeletedResponse,
  ConnectionPathDto,
  ConnectionResponse,
  ConnectionUpdateDto,
  ListConnectionsDto,
} from './dto/connection.dto.js';

@ApiTags('connections')
@Controller('connections')
export class ConnectionsController {
  constructor(
    private readonly service: ConnectionsService,
    private readonly config: AppConfig,
  ) {}

  @Get()
  @RequireScope('read:connections')
  @ApiList('connections', ConnectionResponse, ['offset', 'checkpoint'])
  @ApiErrors()
  async list(@Query() query: ListConnectionsDto) {
    const selection = selectionOf(query.fields, query.include_fields);
    const page = await this.service.list({ strategies: query.strategy, name: query.name }, pageOf(query));
    return presentPage(page, 'connections', (row) => presentConnection(row, this.config.publicUrl, selection));
  }

  @Post()
  @RequireScope('create:connections')
  @ApiResponse({ status: 201, type: ConnectionResponse })
  @ApiEntityTag()
  @ApiErrors(409)
  async create(@RequestActor() actor: Actor, @Body() body: ConnectionCreateDto): Promise<Partial<ConnectionResponse>> {
    return presentOneConnection(await this.service.create(actor, draftOf(body)), this.config.publicUrl);
  }

  @Get(':id')
  @RequireScope('read:connections')
  @ApiResponse({ status: 200, type: ConnectionResponse })
  @ApiEntityTag()
  @ApiErrors(404)
  async get(
    @Param() { id }: ConnectionPathDto,
    @Query() { fields, include_fields }: SelectFieldsDto,
  ): Promise<Partial<ConnectionResponse>> {
    return presentOneConnection(await this.service.get(id), this.config.publicUrl, selectionOf(fields, include_fields));
  }

  @Patch(':id')
  @RequireScope('update:connections')
  @ApiNotEmptyBody(ConnectionUpdateDto)
  @ApiResponse({ status: 200, type: ConnectionResponse })
  @ApiEntityTag()
  @ApiErrors(404)
  async update(
    @RequestActor() actor: Actor,
    @Param() { id }: ConnectionPathDto,
    @Body(NotEmptyPipe) body: ConnectionUpdateDto,
    @RequestPreconditions() preconditions: Preconditions,
  ): Promise<Partial<ConnectionResponse>> {
    return presentOneConnection(
      await this.service.update(actor, id, changesOf(body), preconditions),
      this.config.publicUrl,
    );
  }

  /** Answers 202 with the time of deletion, or 204 when the connection does not exist. */
  @Delete(':id')
  @RequireScope('delete:connections')
  @ApiResponse({ status: 202, type: ConnectionDeletedResponse })
  @ApiResponse({ status: 204 })
  @ApiEntityTag()
  @ApiErrors()
  async remove(
    @RequestActor() actor: Actor,
    @Param() { id }: ConnectionPathDto,
    @RequestPreconditions() preconditions: Preconditions,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ConnectionDeletedResponse | undefined> {
    const deletedAt = await this.service.remove(actor, id, preconditions);
    void reply.status(deletedAt ? 202 : 204);
    return deletedAt && { deleted_at: deletedAt.toISOString() };
  }
}

import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Post, Query, UseGuards } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../auth/access.js';
import { ApiEntityTag } from '../http/openapi/entity-tag.js';
import { ApiErrors } from '../http/openapi/responses.js';
import { checkpointOf, CheckpointPagingDto, presentPage } from '../http/pagination.js';
import { RequestPreconditions, type Preconditions } from '../http/preconditions.js';
import { IsDryRun } from '../safe-writes/write-options.js';
import { changesOf, draftOf, filterOf, redeliveryFilterOf } from './dto/changes.js';
import {
  DeliveryResponse,
  EventDeliveryPathDto,
  EventStreamCreateDto,
  EventStreamPathDto,
  EventStreamResponse,
  EventStreamUpdateDto,
  ListDeliveriesDto,
  ListDeliveriesResponse,
  ListEventStreamsResponse,
  RedeliverDto,
  RedeliveryResponse,
  RotatedSigningSecretResponse,
  RotateSigningSecretDto,
  SigningSecretResponse,
  TestEventDto,
} from './dto/event-stream.dto.js';
import {
  presentEventStream,
  presentFailedDelivery,
  presentOneEventStream,
  presentTestDelivery,
} from './event-streams.presenter.js';
import { SECRET_OVERLAP_SECONDS } from './domain/event-stream.js';
import { EventStreamsService } from './event-streams.service.js';
import { WebhooksOnlyGuard } from './webhooks-only.guard.js';

@ApiTags('event streams')
@Controller('event-streams')
export class EventStreamsController {
  constructor(private readonly service: EventStreamsService) {}

  @Get()
  @RequireScope('read:event_streams')
  @ApiResponse({ status: 200, type: ListEventStreamsResponse })
  @ApiErrors()
  async list(@Query() query: CheckpointPagingDto) {
    return presentPage(await this.service.list(checkpointOf(query)), 'eventStreams', presentEventStream);
  }

  @Post()
  @RequireScope('create:event_streams')
  @UseGuards(WebhooksOnlyGuard)
  @ApiResponse({ status: 201, type: EventStreamResponse })
  @ApiEntityTag()
  @ApiErrors()
  async create(@Body() body: EventStreamCreateDto): Promise<EventStreamResponse> {
    return presentOneEventStream(await this.service.create(draftOf(body)));
  }

  @Get(':id')
  @RequireScope('read:event_streams')
  @ApiResponse({ status: 200, type: EventStreamResponse })
  @ApiEntityTag()
  @ApiErrors(404)
  async get(@Param() { id }: EventStreamPathDto): Promise<EventStreamResponse> {
    return presentOneEventStream(await this.service.get(id));
  }

  @Patch(':id')
  @RequireScope('update:event_streams')
  @UseGuards(WebhooksOnlyGuard)
  @ApiResponse({ status: 200, type: EventStreamResponse })
  @ApiEntityTag()
  @ApiErrors(404)
  async update(
    @Param() { id }: EventStreamPathDto,
    @Body() body: EventStreamUpdateDto,
    @RequestPreconditions() preconditions: Preconditions,
  ): Promise<EventStreamResponse> {
    return presentOneEventStream(await this.service.update(id, changesOf(body), preconditions));
  }

  @Delete(':id')
  @RequireScope('delete:event_streams')
  @HttpCode(204)
  @ApiResponse({ status: 204 })
  @ApiEntityTag()
  @ApiErrors()
  async remove(
    @Param() { id }: EventStreamPathDto,
    @RequestPreconditions() preconditions: Preconditions,
  ): Promise<void> {
    return this.service.remove(id, preconditions);
  }

  /** An addition to the contract: the secret to verify signatures with. */
  @Get(':id/signing-secret')
  @RequireScope('read:event_stream_secrets')
  @ApiResponse({ status: 200, type: SigningSecretResponse })
  @ApiErrors(404)
  async getSigningSecret(@Param() { id }: EventStreamPathDto): Promise<SigningSecretResponse> {
    return { signing_secret: await this.service.signingSecret(id) };
  }

  /** An addition to the contract: creates a new signing secret without returning it. */
  @Post(':id/signing-secret/rotate')
  @RequireScope('update:event_streams')
  @HttpCode(200)
  @ApiResponse({ status: 200, type: RotatedSigningSecretResponse })
  @ApiErrors(404)
  async rotateSigningSecret(
    @Param() { id }: EventStreamPathDto,
    @Body() { keep_seconds = SECRET_OVERLAP_SECONDS }: RotateSigningSecretDto,
  ): Promise<RotatedSigningSecretResponse> {
    const until = await this.service.rotateSigningSecret(id, keep_seconds * 1000);
    return { previous_until: until.toISOString() };
  }

  @Post(':id/test')
  @RequireScope('update:event_streams')
  @HttpCode(200)
  @ApiResponse({ status: 200, type: DeliveryResponse })
  @ApiErrors(404)
  async test(
    @Param() { id }: EventStreamPathDto,
    @Body() { event_type, data }: TestEventDto,
    @IsDryRun() isDryRun: boolean,
  ): Promise<DeliveryResponse> {
    return presentTestDelivery(await this.service.test(id, event_type, data, !isDryRun));
  }

  @Get(':id/deliveries')
  @RequireScope('read:event_deliveries')
  @ApiResponse({ status: 200, type: ListDeliveriesResponse })
  @ApiErrors(404)
  async listDeliveries(@Param() { id }: EventStreamPathDto, @Query() query: ListDeliveriesDto) {
    const page = await this.service.listFailed(id, filterOf(query), checkpointOf(query));
    return presentPage(page, 'deliveries', presentFailedDelivery);
  }

  @Get(':id/deliveries/:event_id')
  @RequireScope('read:event_deliveries')
  @ApiResponse({ status: 200, type: DeliveryResponse })
  @ApiErrors(404)
  async getDelivery(@Param() { id, event_id }: EventDeliveryPathDto): Promise<DeliveryResponse> {
    return presentFailedDelivery(await this.service.getFailed(id, event_id));
  }

  @Post(':id/redeliver')
  @RequireScope('update:event_deliveries')
  @HttpCode(202)
  @ApiResponse({ status: 202, type: RedeliveryResponse })
  @ApiErrors(404)
  async redeliver(@Param() { id }: EventStreamPathDto, @Body() body: RedeliverDto): Promise<RedeliveryResponse> {
    await this.service.redeliver(id, redeliveryFilterOf(body));
    return body;
  }

  @Post(':id/redeliver/:event_id')
  @RequireScope('update:event_deliveries')
  @HttpCode(202)
  @ApiResponse({ status: 202 })
  @ApiErrors(404)
  async redeliverOne(@Param() { id, event_id }: EventDeliveryPathDto): Promise<void> {
    return this.service.redeliver(id, { eventId: event_id });
  }
}

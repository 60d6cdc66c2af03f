import { Readable } from 'node:stream';
import { Controller, Get, Header, Headers, Query, StreamableFile } from '@nestjs/common';
import { ApiResponse, ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../auth/access.js';
import { ApiErrors } from '../http/openapi/responses.js';
import { startingPointOf } from './dto/changes.js';
import { SubscribeToEventsDto } from './dto/event-stream.dto.js';
import { EventFeed } from './event-feed.js';

const EVENT_STREAM_TYPE = 'text/event-stream';

@ApiTags('event streams')
@Controller('events')
export class EventsController {
  constructor(private readonly feed: EventFeed) {}

  @Get()
  @RequireScope('read:events')
  @Header('cache-control', 'no-store')
  @ApiResponse({ status: 200, content: { [EVENT_STREAM_TYPE]: { schema: { type: 'string' } } } })
  @ApiErrors(410)
  async subscribe(
    @Query() query: SubscribeToEventsDto,
    @Headers('last-event-id') lastEventId: string | undefined,
  ): Promise<StreamableFile> {
    const events = await this.feed.open(startingPointOf(query, lastEventId), query.event_type);
    return new StreamableFile(Readable.from(events, { objectMode: false }), { type: EVENT_STREAM_TYPE });
  }
}

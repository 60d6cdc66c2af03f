import { Module } from '@nestjs/common';
import { DeliveriesRepository } from './deliveries.repository.js';
import { EventDispatcher } from './event-dispatcher.js';
import { EventFeed } from './event-feed.js';
import { EventsController } from './events.controller.js';
import { EventStreamsController } from './event-streams.controller.js';
import { EventStreamsRepository } from './event-streams.repository.js';
import { EventStreamsService } from './event-streams.service.js';
import { Outbox } from './outbox.repository.js';
import { StreamSecretsSeal } from './stream-secrets.js';

@Module({
  controllers: [EventStreamsController, EventsController],
  providers: [
    EventStreamsService,
    EventStreamsRepository,
    DeliveriesRepository,
    EventDispatcher,
    EventFeed,
    Outbox,
    StreamSecretsSeal,
  ],
  exports: [EventDispatcher],
})
export class EventStreamsModule {}

import { Module } from '@nestjs/common';
import { DeliveriesRepository } from './deliveries.repository.js';
import { EventDispatcher } from './event-dispatcher.js';
import { EventStreamsController } from './event-streams.controller.js';
import { EventStreamsRepository } from './event-streams.repository.js';
import { EventStreamsService } from './event-streams.service.js';
import { Outbox } from './outbox.repository.js';
import { StreamSecretsSeal } from './stream-secrets.js';

@Module({
  controllers: [EventStreamsController],
  providers: [
    EventStreamsService,
    EventStreamsRepository,
    DeliveriesRepository,
    EventDispatcher,
    Outbox,
    StreamSecretsSeal,
  ],
})
export class EventStreamsModule {}

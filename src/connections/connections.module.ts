import { Module } from '@nestjs/common';
import { ConnectionsController } from './connections.controller.js';
import { ConnectionsRepository } from './connections.repository.js';
import { ConnectionsService } from './connections.service.js';
import { EncryptedOptions } from './encrypted-options.js';

@Module({
  controllers: [ConnectionsController],
  providers: [ConnectionsService, ConnectionsRepository, EncryptedOptions],
})
export class ConnectionsModule {}

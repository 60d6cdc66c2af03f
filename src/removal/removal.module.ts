import { Global, Module } from '@nestjs/common';
import { RemovalRepository } from './removal.repository.js';
import { RemovalService } from './removal.service.js';

@Global()
@Module({ providers: [RemovalService, RemovalRepository], exports: [RemovalService] })
export class RemovalModule {}

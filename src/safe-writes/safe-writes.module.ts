import { Module } from '@nestjs/common';
import { IdempotencyKeysRepository } from './idempotency-keys.repository.js';
import { SafeWritesService } from './safe-writes.service.js';

@Module({
  providers: [SafeWritesService, IdempotencyKeysRepository],
  exports: [SafeWritesService, IdempotencyKeysRepository],
})
export class SafeWritesModule {}

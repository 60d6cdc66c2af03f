import { Global, Module, type OnModuleDestroy } from '@nestjs/common';
import { RemovalRepository } from './removal.repository.js';
import { RemovalService } from './removal.service.js';

@Global()
@Module({ providers: [RemovalService, RemovalRepository], exports: [RemovalService] })
export class RemovalModule implements OnModuleDestroy {
  constructor(private readonly service: RemovalService) {}

  /** Before the pool is closed. */
  onModuleDestroy(): Promise<void> {
    return this.service.end();
  }
}

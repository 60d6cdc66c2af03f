import { Global, Module } from '@nestjs/common';
import { AppConfig } from '../config/config.js';
import { Encryption } from './encryption.js';
import { EncryptionKeysRepository } from './encryption-keys.repository.js';
import { EncryptionService } from './encryption.service.js';

@Global()
@Module({
  providers: [
    {
      provide: Encryption,
      inject: [AppConfig],
      useFactory: ({ encryption }: AppConfig) => new Encryption(encryption!.keys),
    },
    EncryptionKeysRepository,
    EncryptionService,
  ],
  exports: [Encryption, EncryptionService],
})
export class EncryptionModule {}

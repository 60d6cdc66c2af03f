import { Global, Module } from '@nestjs/common';
import { AppConfig } from '../config/config.js';
import { ClearSecrets } from './clear-secrets.js';
import { Encryption } from './encryption.js';
import { EncryptionKeysRepository } from './encryption-keys.repository.js';
import { EncryptionService } from './encryption.service.js';

/** Gives every feature the means to keep a secret in the database. */
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
    ClearSecrets,
  ],
  exports: [Encryption, EncryptionService, ClearSecrets],
})
export class EncryptionModule {}

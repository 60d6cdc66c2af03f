import { Module, type DynamicModule } from '@nestjs/common';
import type { AuthConfig } from '../config/config.js';
import { FailedAttempts } from './failed-attempts.js';
import { MachineClientsRepository } from './machine-clients.repository.js';
import { OAuthController } from './oauth.controller.js';
import { OAuthService } from './oauth.service.js';
import { SigningKeysRepository } from './signing-keys.repository.js';
import { TokenIssuer } from './token-issuer.js';
import { TokenVerifier } from './token-verifier.js';

@Module({})
export class AuthModule {
  /** The endpoints of the built-in issuer exist only when it is configured. */
  static forRoot({ kind }: AuthConfig): DynamicModule {
    return {
      module: AuthModule,
      controllers: kind === 'built-in' ? [OAuthController] : [],
      providers: [
        TokenVerifier,
        TokenIssuer,
        SigningKeysRepository,
        MachineClientsRepository,
        FailedAttempts,
        OAuthService,
      ],
      exports: [TokenVerifier, TokenIssuer, SigningKeysRepository, MachineClientsRepository],
    };
  }
}

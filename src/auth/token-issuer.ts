import { Injectable } from '@nestjs/common';
import { SignJWT } from 'jose';
import { AppConfig } from '../config/config.js';
import { SigningKeysRepository } from './signing-keys.repository.js';

export interface TokenRequest {
  subject: string;
  scopes: readonly string[];
  lifetimeSeconds: number;
  /** Undefined for all audiences of this service. */
  audience?: string;
}

/** Signs access tokens as the built-in issuer. */
@Injectable()
export class TokenIssuer {
  constructor(
    private readonly config: AppConfig,
    private readonly signingKeys: SigningKeysRepository,
  ) {}

  async issue({ subject, scopes, lifetimeSeconds, audience }: TokenRequest): Promise<string> {
    const { kid, algorithm, key } = await this.signingKeys.current();
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({ scope: scopes.join(' '), gty: 'client-credentials' })
      .setProtectedHeader({ alg: algorithm, kid, typ: 'JWT' })
      .setIssuer(this.config.auth.issuer)
      .setSubject(subject)
      .setAudience(audience ?? [...this.config.auth.audiences])
      .setIssuedAt(now)
      .setExpirationTime(now + lifetimeSeconds)
      .sign(key);
  }
}

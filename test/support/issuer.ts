import { type importJWK, SignJWT, type JWK, type JWTPayload } from 'jose';
import type { AppConfig } from '../../src/config/config.js';
import { SCOPES } from '../../src/auth/scopes.js';
import { SigningKeysRepository } from '../../src/auth/signing-keys.repository.js';
import { Encryption } from '../../src/encryption/encryption.js';
import { withPrisma } from './prisma.js';

export interface TokenOptions {
  scopes?: readonly string[];
  claims?: JWTPayload;
  header?: { alg?: string; kid?: string };
}

/** Signs tokens with the key of the server under test, also ones the server itself would never issue. */
export class TestIssuer {
  private constructor(
    private readonly key: { kid: string; algorithm: string; key: Awaited<ReturnType<typeof importJWK>> },
    private readonly config: AppConfig,
    readonly publicJwk: JWK,
  ) {}

  static builtIn(databaseUrl: string, config: AppConfig): Promise<TestIssuer> {
    return withPrisma(databaseUrl, async (prisma) => {
      const keys = new SigningKeysRepository(prisma, new Encryption(config.encryption!.keys));
      const current = await keys.current();
      const { keys: published } = await keys.publicKeys();
      return new TestIssuer(
        current,
        config,
        published.find(({ kid }) => kid === current.kid)!,
      );
    });
  }

  /** By default with every scope, for every audience, good for an hour. A claim of undefined is left out. */
  token({ scopes = SCOPES, claims = {}, header = {} }: TokenOptions = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const payload: JWTPayload = {
      iss: this.config.auth.issuer,
      aud: [...this.config.auth.audiences],
      sub: 'test@clients',
      iat: now,
      exp: now + 3600,
      scope: scopes.join(' '),
      ...claims,
    };
    return new SignJWT(payload)
      .setProtectedHeader({ alg: this.key.algorithm, kid: this.key.kid, ...header })
      .sign(this.key.key);
  }
}

import { isNativeError } from 'node:util/types';
import { Injectable, Logger } from '@nestjs/common';
import { errors, jwtVerify, type JWTPayload } from 'jose';
import { LRUCache } from 'lru-cache';
import { AppConfig } from '../config/config.js';
import { DomainError, type ErrorCode } from '../errors/domain-error.js';
import { fetchJwks, IssuerKeys, KeysUnavailableError, type KeyTimes } from './issuer-keys.js';
import { SigningKeysRepository } from './signing-keys.repository.js';
import { splitScopes } from './scopes.js';

export interface VerifiedToken {
  /** The client or user the token was issued to. */
  readonly subject: string;
  /** The application the token was issued to, if the token names it. */
  readonly clientId?: string;
  readonly scopes: ReadonlySet<string>;
}

interface CachedToken extends VerifiedToken {
  readonly token: string;
  /** Milliseconds since 1970, leeway included. */
  readonly expiresAt: number;
}

/** No symmetric algorithms: with those, the public key would be enough to sign. */
const ASYMMETRIC_ALGORITHMS = [
  'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA',
]; // prettier-ignore

const LEEWAY_SECONDS = 5;
const MAX_CACHED_TOKENS = 10_000;
/**
 * `maxAgeMs` is how long a withdrawn key may keep working. An unknown key is always looked up in the own database, so
 * that a new key works on all servers at once, but not at an external issuer.
 */
const KEY_TIMES = {
  'built-in': { maxAgeMs: 10_000, cooldownMs: 0 },
  external: { maxAgeMs: 10 * 60_000, cooldownMs: 30_000 },
} as const satisfies Record<string, KeyTimes>;

/** Verifies access tokens of the configured issuer. A valid token is cached until it expires. */
@Injectable()
export class TokenVerifier {
  private readonly logger = new Logger(TokenVerifier.name);
  private cache = emptyCache();
  private readonly keys: IssuerKeys;

  constructor(
    private readonly config: AppConfig,
    signingKeys: SigningKeysRepository,
  ) {
    const { auth } = config;
    const [url, load] =
      auth.kind === 'built-in'
        ? [auth.issuer, () => signingKeys.publicKeys()]
        : [auth.jwksUrl, (signal: AbortSignal) => fetchJwks(auth.jwksUrl, signal)];
    this.keys = new IssuerKeys(
      url,
      load,
      KEY_TIMES[auth.kind],
      () => (this.cache = emptyCache()),
      (error) => this.logger.warn(`Cannot load the keys of ${auth.issuer}: ${messageOf(error)}`),
    );
  }

  /** Returns a cached token that has not expired, or undefined. */
  recall(token: string): VerifiedToken | undefined {
    this.keys.refreshWhenOld();
    const known = this.cache.get(endOf(token));
    return known?.token === token && known.expiresAt > Date.now() ? known : undefined;
  }

  /** @throws DomainError one of the `token_…` codes, or `keys_unavailable` */
  async verify(token: string): Promise<VerifiedToken> {
    // A withdrawn key replaces the cache. A token verified with that key then goes into the old cache.
    const { cache } = this;
    const verified = await this.check(token);
    cache.set(endOf(token), verified);
    return verified;
  }

  /** Returns the subject of a valid token, or undefined for an invalid one. */
  async callerOf(token: string): Promise<string | undefined> {
    const known = this.recall(token) ?? (await this.verify(token).catch(() => undefined));
    return known?.subject;
  }

  private async check(token: string): Promise<CachedToken> {
    const { issuer, audiences } = this.config.auth;
    try {
      const { payload } = await jwtVerify(token, this.keys.keyFor, {
        algorithms: ASYMMETRIC_ALGORITHMS,
        issuer,
        audience: [...audiences],
        clockTolerance: LEEWAY_SECONDS,
        requiredClaims: ['exp'],
      });
      return {
        token,
        subject: payload.sub ?? '',
        clientId: clientIdOf(payload),
        scopes: new Set(typeof payload['scope'] === 'string' ? splitScopes(payload['scope']) : []),
        expiresAt: (payload.exp! + LEEWAY_SECONDS) * 1000,
      };
    } catch (error) {
      const code = refusalOf(error);
      throw code === undefined ? error : new DomainError(code);
    }
  }
}

/** Auth0 names the client in `azp`, RFC 9068 in `client_id`, and the built-in issuer in the subject. */
function clientIdOf({ azp, client_id, sub }: JWTPayload): string | undefined {
  if (typeof azp === 'string') return azp;
  return typeof client_id === 'string' ? client_id : /^(.+)@clients$/.exec(sub ?? '')?.[1];
}

/** The cache key: the end of the signature. Hashing a token of 1,900 characters would take 3.7 µs. */
const endOf = (token: string) => token.slice(-32);

const emptyCache = () => new LRUCache<string, CachedToken>({ max: MAX_CACHED_TOKENS });

/** Returns undefined for an unexpected error. */
function refusalOf(error: unknown): ErrorCode | undefined {
  if (error instanceof KeysUnavailableError) return 'keys_unavailable';
  if (error instanceof errors.JWTExpired) return 'token_expired';
  if (error instanceof errors.JWSSignatureVerificationFailed) return 'token_signature_invalid';
  if (error instanceof errors.JWKSNoMatchingKey) return 'token_signature_invalid';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'iss') return 'token_issuer_unexpected';
    if (error.claim === 'aud') return 'token_audience_invalid';
  }
  return error instanceof errors.JOSEError ? 'token_malformed' : undefined;
}

/** Includes the cause, in which `fetch` gives the reason. */
function messageOf(error: unknown): string {
  if (!isNativeError(error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${messageOf(error.cause)}`;
}

import { isNativeError } from 'node:util/types';
import { Injectable, Logger } from '@nestjs/common';
import { errors, jwtVerify, type JWTPayload } from 'jose';
import { LRUCache } from 'lru-cache';
import { AppConfig } from '../config/config.js';
import { DomainError, type ErrorCode } from '../errors/domain-error.js';
import { fetchJwks, IssuerKeys, KeysUnavailableError, type KeyTimes } from './issuer-keys.js';
import { SigningKeysRepository } from './signing-keys.repository.js';
import { splitScopes } from './scopes.js';

/** What the service needs to know of a token that was found good. */
export interface VerifiedToken {
  /** The client or user it was issued to. */
  readonly subject: string;
  /** The application it was issued to, where the issuer says so. */
  readonly clientId?: string;
  readonly scopes: ReadonlySet<string>;
}

interface Remembered extends VerifiedToken {
  readonly token: string;
  /** Milliseconds since 1970; the leeway is in it. */
  readonly goodUntil: number;
}

/** Never a symmetric one: with it, the public key would be enough to sign. */
const ASYMMETRIC_ALGORITHMS = [
  'RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA',
]; // prettier-ignore

const LEEWAY_SECONDS = 5;
const REMEMBERED_TOKENS = 10_000;
/**
 * The age is how long a withdrawn key may go on working. Our own database is asked for every unknown key, so that a key
 * made a moment ago is known to all servers; a stranger's server is not.
 */
const KEY_TIMES = {
  'built-in': { maxAgeMs: 10_000, cooldownMs: 0 },
  external: { maxAgeMs: 10 * 60_000, cooldownMs: 30_000 },
} as const satisfies Record<string, KeyTimes>;

/** Checks access tokens of the one issuer that is configured. A token found good is remembered until it expires. */
@Injectable()
export class TokenVerifier {
  private readonly logger = new Logger(TokenVerifier.name);
  private remembered = noTokens();
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
      () => (this.remembered = noTokens()),
      (error) => this.logger.warn(`Cannot load the keys of ${auth.issuer}: ${messageOf(error)}`),
    );
  }

  /** A token that was found good before and still is, without waiting for anything. */
  recall(token: string): VerifiedToken | undefined {
    this.keys.refreshWhenOld();
    const known = this.remembered.get(endOf(token));
    return known?.token === token && known.goodUntil > Date.now() ? known : undefined;
  }

  /** @throws DomainError one of the `token_…` codes, or `keys_unavailable` */
  async verify(token: string): Promise<VerifiedToken> {
    // A withdrawn key starts a new cache. What was checked before that goes into the old one, where it is not found.
    const { remembered } = this;
    const verified = await this.check(token);
    remembered.set(endOf(token), verified);
    return verified;
  }

  /** The subject of a good token; undefined for any other. */
  async callerOf(token: string): Promise<string | undefined> {
    const known = this.recall(token) ?? (await this.verify(token).catch(() => undefined));
    return known?.subject;
  }

  private async check(token: string): Promise<Remembered> {
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
        goodUntil: (payload.exp! + LEEWAY_SECONDS) * 1000,
      };
    } catch (error) {
      const code = refusalOf(error);
      throw code === undefined ? error : new DomainError(code);
    }
  }
}

/** `azp` is what Auth0 calls it, `client_id` what RFC 9068 does; the built-in issuer says it with the subject. */
function clientIdOf({ azp, client_id, sub }: JWTPayload): string | undefined {
  if (typeof azp === 'string') return azp;
  return typeof client_id === 'string' ? client_id : /^(.+)@clients$/.exec(sub ?? '')?.[1];
}

/** Of the signature: to hash 1,900 characters for each request takes 3.7 µs, to compare them next to none. */
const endOf = (token: string) => token.slice(-32);

const noTokens = () => new LRUCache<string, Remembered>({ max: REMEMBERED_TOKENS });

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

/** With the cause, which is where `fetch` says what is wrong. */
function messageOf(error: unknown): string {
  if (!isNativeError(error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${messageOf(error.cause)}`;
}

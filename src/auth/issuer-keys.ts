import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
} from 'jose';

/** How soon a source that failed is asked again at the earliest, however many requests need it. */
const RETRY_MS = 1_000;
const TIMEOUT_MS = 5_000;
/** Far more than any issuer has keys, and nothing that could fill the memory. */
const MAX_CHARACTERS = 1024 * 1024;

export interface KeyTimes {
  /** How old the keys may get before they are loaded again; a withdrawn key may go on working for as long. */
  readonly maxAgeMs: number;
  /** How long after a load an unknown key id causes no other: strangers can make up key ids. */
  readonly cooldownMs: number;
}

/** There are no keys to check a token with. Nothing that is wrong with the token. */
export class KeysUnavailableError extends Error {}

/** The public keys of an issuer: jose's remote key set, which goes on with the keys it has while their source is down. */
export class IssuerKeys {
  private readonly remote: ReturnType<typeof createRemoteJWKSet>;
  private keys: readonly string[] = [];
  private failure?: KeysUnavailableError;
  private dueAt = Infinity;

  /**
   * @param url names the source; only `load` asks it
   * @param load fetches the keys; the signal is aborted after 5 s
   * @param onWithdrawn called when the keys loaded last lack one of those before
   * @param onLoadFailed called once for each load that fails
   */
  constructor(
    url: string,
    private readonly load: (signal: AbortSignal) => Promise<JSONWebKeySet>,
    private readonly times: KeyTimes,
    private readonly onWithdrawn: () => void,
    private readonly onLoadFailed: (error: unknown) => void,
  ) {
    this.remote = createRemoteJWKSet(new URL(url), {
      timeoutDuration: TIMEOUT_MS,
      cooldownDuration: times.cooldownMs,
      // Keys that are too old are loaded anew by refreshWhenOld, so that no token is refused while that fails.
      cacheMaxAge: Infinity,
      [customFetch]: (_, { signal }) => this.answer(signal),
    });
  }

  /** For `jwtVerify`. @throws KeysUnavailableError when the key has to be loaded and cannot be */
  readonly keyFor: JWTVerifyGetKey = async (header, token) => {
    const { reloading } = this.remote;
    try {
      return await this.remote(header, token);
    } catch (error) {
      // The load that was under way may have begun before the key was published.
      if (reloading && error instanceof errors.JWKSNoMatchingKey) return this.remote(header, token);
      throw error;
    }
  };

  /** Starts loading when the keys are too old; the token at hand does not wait for it. */
  refreshWhenOld(): void {
    if (Date.now() > this.dueAt && !this.remote.reloading) this.remote.reload().catch(() => undefined);
  }

  private async answer(signal: AbortSignal): Promise<Response> {
    if (this.failure && Date.now() < this.dueAt) throw this.failure;
    try {
      const jwks = await this.load(signal);
      // Throws unless it is a key set.
      createLocalJWKSet(jwks);
      // Whole keys and not their ids: a key may have none, and an issuer may give the id of one to another.
      const keys = jwks.keys.map((key) => JSON.stringify(key));
      // After jose has taken the new keys: whatever was checked with those before is then forgotten.
      if (this.keys.some((key) => !keys.includes(key))) void this.remote.reload().then(this.onWithdrawn);
      this.keys = keys;
      this.failure = undefined;
      this.dueAt = Date.now() + this.times.maxAgeMs;
      return Response.json(jwks);
    } catch (error) {
      this.failure = new KeysUnavailableError(error instanceof Error ? error.message : String(error), { cause: error });
      this.dueAt = Date.now() + (this.keys.length > 0 ? Math.max(this.times.cooldownMs, RETRY_MS) : RETRY_MS);
      this.onLoadFailed(error);
      throw this.failure;
    }
  }
}

/**
 * Fetches the keys of an external issuer. A redirect is refused, because it could lead anywhere.
 *
 * @throws Error that says what was wrong
 */
export async function fetchJwks(url: string, signal: AbortSignal): Promise<JSONWebKeySet> {
  const response = await fetch(url, { headers: { accept: 'application/json' }, redirect: 'error', signal });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  let text = '';
  for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += part;
    if (text.length > MAX_CHARACTERS) throw new Error(`${url} answered with more than ${MAX_CHARACTERS} characters`);
  }
  try {
    return JSON.parse(text) as JSONWebKeySet;
  } catch {
    throw new Error(`${url} answered with something that is no JSON`);
  }
}

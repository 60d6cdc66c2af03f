import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
} from 'jose';

/** The shortest time between a failed load and the next. */
const RETRY_MS = 1_000;
const TIMEOUT_MS = 5_000;
/** The largest key set accepted, which bounds memory. */
const MAX_CHARACTERS = 1024 * 1024;

export interface KeyTimes {
  /** The age at which keys are reloaded; a withdrawn key may work for as long. */
  readonly maxAgeMs: number;
  /** How long after a load an unknown key id causes no other load, because anyone can invent key ids. */
  readonly cooldownMs: number;
}

/** The keys cannot be loaded; the token may be valid. */
export class KeysUnavailableError extends Error {}

/** The public keys of an issuer: jose's remote key set, which keeps using its keys while their source is down. */
export class IssuerKeys {
  private readonly remote: ReturnType<typeof createRemoteJWKSet>;
  private keys: readonly string[] = [];
  private failure?: KeysUnavailableError;
  private dueAt = Infinity;

  /**
   * @param url identifies the source; only `load` requests it
   * @param load fetches the keys; the signal is aborted after 5 s
   * @param onWithdrawn called when a load no longer contains a key of the previous one
   * @param onLoadFailed called once for each failed load
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
      // Old keys are reloaded by refreshWhenOld, which refuses no token when the load fails.
      cacheMaxAge: Infinity,
      [customFetch]: (_, { signal }) => this.answer(signal),
    });
  }

  /** For `jwtVerify`. @throws KeysUnavailableError when the key is unknown and cannot be loaded */
  readonly keyFor: JWTVerifyGetKey = async (header, token) => {
    const { reloading } = this.remote;
    try {
      return await this.remote(header, token);
    } catch (error) {
      // The load in progress may have begun before the key was published.
      if (reloading && error instanceof errors.JWKSNoMatchingKey) return this.remote(header, token);
      throw error;
    }
  };

  /** Starts a reload when the keys are too old, without waiting for it. */
  refreshWhenOld(): void {
    if (Date.now() > this.dueAt && !this.remote.reloading) this.remote.reload().catch(() => undefined);
  }

  private async answer(signal: AbortSignal): Promise<Response> {
    if (this.failure && Date.now() < this.dueAt) throw this.failure;
    try {
      const jwks = await this.load(signal);
      // Throws unless it is a key set.
      createLocalJWKSet(jwks);
      // Compares whole keys: a key may have no id, and an issuer may reuse an id.
      const keys = jwks.keys.map((key) => JSON.stringify(key));
      // Waits until jose uses the new keys, so that no token verified with the old ones is cached afterwards.
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
 * Fetches the keys of an external issuer. Refuses redirects, which could lead anywhere.
 *
 * @throws Error with the reason
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

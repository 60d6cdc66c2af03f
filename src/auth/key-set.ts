import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/** A source that is down is asked no faster than this, however many requests need it. */
const RETRY_MS = 1_000;

export type LoadJwks = () => Promise<JSONWebKeySet>;

export interface LoadTimes {
  /** How old the set may be when a token is checked; older, it is loaded anew beside the check. */
  readonly maxAgeMs: number;
  /**
   * An unknown key id makes the set load anew, but no faster than this: strangers can make up key ids. With 0 one load
   * follows the other, never two at once.
   */
  readonly cooldownMs: number;
}

/** There are no keys to check a token with. Nothing that is wrong with the token. */
export class KeysUnavailableError extends Error {}

/** The public keys that tokens may be signed with, loaded from their source and kept up to date. */
export class KeySet {
  private select?: ReturnType<typeof createLocalJWKSet>;
  private keys: ReadonlySet<string> = new Set();
  private loadedAt = -Infinity;
  private loading?: Promise<void>;
  private failure?: Error;

  /**
   * @param load fetches the set from its source
   * @param onWithdrawn called when a newly loaded set does not have some key any more
   * @param onLoadFailed called once for each load that fails
   * @param now milliseconds from any moment on, never going back
   */
  constructor(
    private readonly load: LoadJwks,
    private readonly times: LoadTimes,
    private readonly onWithdrawn: () => void,
    private readonly onLoadFailed: (error: unknown) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** For `jwtVerify`: the key a token names, loaded when it is new. */
  readonly keyFor: JWTVerifyGetKey = async (header, token) => {
    if (!this.select) await this.loadFirst();
    let key = await this.find(header, token);
    // What is under way may have begun before the key was published.
    if (!key && this.loading) {
      await this.loading;
      key = await this.find(header, token);
    }
    if (!key && this.age() >= this.cooldownMs) {
      await this.reload();
      key = await this.find(header, token);
    }
    if (!key) throw new errors.JWKSNoMatchingKey();
    return key;
  };

  /** Starts loading when the set is too old; the answer at hand does not wait for it. */
  refreshWhenOld(): void {
    const dueAfterMs = this.failure ? this.cooldownMs : this.times.maxAgeMs;
    if (this.age() > dueAfterMs && !this.loading) this.reload().catch(() => undefined);
  }

  /** Loads the set, together with everybody who asks at the same time. */
  reload(): Promise<void> {
    return (this.loading ??= this.replace().finally(() => (this.loading = undefined)));
  }

  private async loadFirst(): Promise<void> {
    if (this.failure && !this.loading && this.age() < RETRY_MS) throw this.failure;
    await this.reload();
  }

  /** Undefined: the present set has no such key. */
  private async find(...[header, token]: Parameters<JWTVerifyGetKey>) {
    try {
      return await this.select!(header, token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return undefined;
      throw error;
    }
  }

  private async replace(): Promise<void> {
    // Also after a failure: a source that is down is not asked more often than one that answers.
    this.loadedAt = this.now();
    try {
      const jwks = await this.load();
      this.select = createLocalJWKSet(jwks);
      // Whole keys and not their ids: a key may have none, and an issuer may give the id of one to another.
      const keys = new Set(jwks.keys.map((key) => JSON.stringify(key)));
      const lost = [...this.keys].some((key) => !keys.has(key));
      this.keys = keys;
      this.failure = undefined;
      if (lost) this.onWithdrawn();
    } catch (error) {
      this.failure = new KeysUnavailableError(error instanceof Error ? error.message : String(error), { cause: error });
      this.onLoadFailed(error);
      throw this.failure;
    }
  }

  private get cooldownMs(): number {
    return this.failure ? Math.max(this.times.cooldownMs, RETRY_MS) : this.times.cooldownMs;
  }

  private age(): number {
    return this.now() - this.loadedAt;
  }
}

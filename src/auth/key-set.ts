import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/** While there is no set at all every request would ask for one; a source that is down is asked no faster than this. */
const FIRST_LOAD_COOLDOWN_MS = 1_000;

export type LoadJwks = () => Promise<JSONWebKeySet>;

export interface LoadTimes {
  /** How old the set may be when a token is checked; older, it is loaded anew beside the check. */
  readonly maxAgeMs: number;
  /** An unknown key id makes the set load anew, but no faster than this: strangers can make up key ids. */
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
    try {
      return await this.select!(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      if (!this.loading && this.age() < this.times.cooldownMs) throw error;
      await this.reload();
      return this.select!(header, token);
    }
  };

  /** Starts loading when the set is too old; the answer at hand does not wait for it. */
  refreshWhenOld(): void {
    const { maxAgeMs, cooldownMs } = this.times;
    if (this.age() > (this.failure ? cooldownMs : maxAgeMs) && !this.loading) this.reload().catch(this.onLoadFailed);
  }

  /** Loads the set, together with everybody who asks at the same time. */
  reload(): Promise<void> {
    return (this.loading ??= this.replace().finally(() => (this.loading = undefined)));
  }

  private async loadFirst(): Promise<void> {
    if (this.failure !== undefined && !this.loading && this.age() < FIRST_LOAD_COOLDOWN_MS) throw this.failure;
    await this.reload();
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
      throw this.failure;
    }
  }

  private age(): number {
    return this.now() - this.loadedAt;
  }
}

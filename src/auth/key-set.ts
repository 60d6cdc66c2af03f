import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
import { errors } from 'jose';

/** An unknown key id makes the set load anew, but no faster than this: strangers can make up key ids. */
const RELOAD_COOLDOWN_MS = 30_000;

export type LoadJwks = () => Promise<JSONWebKeySet>;

/** The public keys that tokens may be signed with, loaded from their source and kept up to date. */
export class KeySet {
  private select?: ReturnType<typeof createLocalJWKSet>;
  private kids: ReadonlySet<string> = new Set();
  private loadedAt = -Infinity;
  private loading?: Promise<void>;

  /**
   * @param load fetches the set from its source
   * @param maxAgeMs how old the set may be when a token is checked; older, it is loaded anew beside the check
   * @param onWithdrawn told the ids of keys that a newly loaded set does not have any more
   */
  constructor(
    private readonly load: LoadJwks,
    private readonly maxAgeMs: number,
    private readonly onWithdrawn: (kids: ReadonlySet<string>) => void,
    private readonly onLoadFailed: (error: unknown) => void,
  ) {}

  /** For `jwtVerify`: the key a token names, loaded when it is new. */
  readonly keyFor: JWTVerifyGetKey = async (header, token) => {
    if (!this.select) await this.reload();
    try {
      return await this.select!(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || this.age() < RELOAD_COOLDOWN_MS) throw error;
      await this.reload();
      return this.select!(header, token);
    }
  };

  /** Starts loading when the set is too old; the answer at hand does not wait for it. */
  refreshWhenOld(): void {
    if (this.age() > this.maxAgeMs && !this.loading) this.reload().catch(this.onLoadFailed);
  }

  /** Loads the set, together with everybody who asks at the same time. */
  reload(): Promise<void> {
    return (this.loading ??= this.replace().finally(() => (this.loading = undefined)));
  }

  private async replace(): Promise<void> {
    // Also after a failure: a source that is down is not asked more often than one that answers.
    this.loadedAt = performance.now();
    const jwks = await this.load();
    const kids = new Set(jwks.keys.map((key) => key.kid ?? ''));
    const withdrawn = new Set([...this.kids].filter((kid) => !kids.has(kid)));
    this.select = createLocalJWKSet(jwks);
    this.kids = kids;
    if (withdrawn.size > 0) this.onWithdrawn(withdrawn);
  }

  private age(): number {
    return performance.now() - this.loadedAt;
  }
}

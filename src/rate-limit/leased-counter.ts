import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@nestjs/common';
import type { FastifyRateLimitStore, FastifyRateLimitStoreCtor } from '@fastify/rate-limit';
import { LRUCache } from 'lru-cache';
import type { Leases } from './leases.js';

/** Of a limit, what a server takes at once: a hundredth, so that few requests have to ask. */
const LEASES_PER_LIMIT = 100;
const REMEMBERED = 10_000;
/** For how long a request waits for the count; then it is let through. */
const PATIENCE_MS = 1_000;
const RETRY_MS = 1_000;

/** What this server has of a caller's limit. */
interface Quota {
  left: number;
  free: number;
  /** By `performance.now()`. */
  endsAt: number;
  leasing?: Promise<void>;
}

/**
 * Counts by leases, which is what makes a limit of all servers together cheap: a caller beyond the limit is refused
 * from memory. No more than the limit is ever let through; what one server has leased and not used is lost to the others
 * until the minute is over. While the count cannot be reached every request is let through.
 */
export class LeasedCounter {
  private readonly quotas = new LRUCache<string, Quota>({ max: REMEMBERED });
  private isAway = false;
  private retryAt = 0;

  constructor(
    private readonly leases: Leases,
    private readonly logger: Logger,
  ) {}

  /** For `@fastify/rate-limit`, which makes its store itself. */
  store(): FastifyRateLimitStoreCtor {
    const count = (key: string, limit: number) => this.count(key, limit);
    return class Store implements FastifyRateLimitStore {
      incr(
        key: string,
        callback: (error: Error | null, result?: { current: number; ttl: number }) => void,
        _window: number,
        limit: number,
      ): void {
        count(key, limit).then(
          (result) => callback(null, result),
          (error: Error) => callback(error),
        );
      }

      child(): FastifyRateLimitStore {
        return this;
      }
    };
  }

  /** Opens the connection, so that the first request need not wait for it. */
  async start(): Promise<void> {
    await this.bounded(this.leases.ping()).catch(() => undefined);
  }

  close(): Promise<unknown> {
    return this.leases.close();
  }

  /** @returns how much of the limit is used, with this request; one more than the limit when it is beyond */
  private async count(key: string, limit: number): Promise<{ current: number; ttl: number }> {
    const quota = this.quotaOf(key);
    for (;;) {
      const ttl = quota.endsAt - performance.now();
      if (ttl > 0 && quota.left > 0) return { current: limit - --quota.left - quota.free, ttl };
      if (ttl > 0 && quota.free === 0) return { current: limit + 1, ttl };
      if (this.isAway) throw this.whileAway();
      await (quota.leasing ??= this.renew(key, quota, limit).finally(() => (quota.leasing = undefined)));
    }
  }

  private quotaOf(key: string): Quota {
    let quota = this.quotas.get(key);
    if (!quota) this.quotas.set(key, (quota = { left: 0, free: 0, endsAt: -Infinity }));
    return quota;
  }

  private async renew(key: string, quota: Quota, limit: number): Promise<void> {
    // A caller's name may be of any length.
    const digest = createHash('sha256').update(key).digest('base64url');
    const wanted = Math.max(1, Math.floor(limit / LEASES_PER_LIMIT));
    const { granted, free, endsInMs } = await this.bounded(this.leases.lease(digest, wanted, limit));
    quota.left = granted;
    quota.free = free;
    quota.endsAt = performance.now() + endsInMs;
  }

  /** Tries again beside the requests, which do not wait for it. */
  private whileAway(): Error {
    if (performance.now() >= this.retryAt) {
      this.retryAt = Infinity;
      void this.start();
    }
    return new Error('What is used of the limit cannot be counted');
  }

  private async bounded<T>(asked: Promise<T>): Promise<T> {
    const patience = new AbortController();
    const late = delay(PATIENCE_MS, undefined, { signal: patience.signal, ref: false }).then(() => {
      throw new Error(`no answer for ${PATIENCE_MS} ms`);
    });
    late.catch(() => undefined);
    try {
      const answer = await Promise.race([asked, late]);
      if (this.isAway) this.logger.warn('Requests are limited again');
      this.isAway = false;
      return answer;
    } catch (error) {
      if (!this.isAway) this.logger.warn(`Requests are not limited, nothing can be counted: ${String(error)}`);
      this.isAway = true;
      this.retryAt = performance.now() + RETRY_MS;
      throw error;
    } finally {
      patience.abort();
    }
  }
}

import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '@nestjs/common';
import type { FastifyRateLimitStore, FastifyRateLimitStoreCtor } from '@fastify/rate-limit';
import { LRUCache } from 'lru-cache';
import type { Leases } from './leases.js';

/** A lease is a hundredth of the limit, so that few requests need one. */
const LEASES_PER_LIMIT = 100;
const REMEMBERED = 10_000;
/** How long a request waits for a lease before it is served without one. */
const LEASE_TIMEOUT_MS = 1_000;
const RETRY_MS = 1_000;

/** This server's part of a caller's limit, and what is not leased by any server. */
interface Quota {
  left: number;
  free: number;
  /** By `performance.now()`. */
  endsAt: number;
  leasing?: Promise<void>;
}

/**
 * Counts by leases, which make a limit across all servers cheap: a caller beyond the limit is refused from memory.
 * Never exceeds the limit; what a server has leased but not used is unavailable to others until the minute is over.
 * Limits nothing while no lease can be had.
 */
export class LeasedCounter {
  private readonly quotas = new LRUCache<string, Quota>({ max: REMEMBERED });
  private isAway = false;
  private retryAt = 0;

  constructor(
    private readonly leases: Leases,
    private readonly logger: Logger,
  ) {}

  /** A store class, which `@fastify/rate-limit` instantiates. */
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

  /** Opens the connection, so that the first request does not wait for it. */
  async start(): Promise<void> {
    await this.bounded(this.leases.ping()).catch(() => undefined);
  }

  close(): Promise<unknown> {
    return this.leases.close();
  }

  /** Returns how much of the limit is used, this request included; one more than the limit when it is exceeded. */
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
    // The subject of a caller may have any length.
    const digest = createHash('sha256').update(key).digest('base64url');
    const wanted = Math.max(1, Math.floor(limit / LEASES_PER_LIMIT));
    const { granted, free, endsInMs } = await this.bounded(this.leases.lease(digest, wanted, limit));
    quota.left = granted;
    quota.free = free;
    quota.endsAt = performance.now() + endsInMs;
  }

  /** Retries in the background. Returns the error for the request. */
  private whileAway(): Error {
    if (performance.now() >= this.retryAt) {
      this.retryAt = Infinity;
      void this.start();
    }
    return new Error('Cannot count requests');
  }

  private async bounded<T>(asked: Promise<T>): Promise<T> {
    const timeout = new AbortController();
    const late = delay(LEASE_TIMEOUT_MS, undefined, { signal: timeout.signal, ref: false }).then(() => {
      throw new Error(`no answer for ${LEASE_TIMEOUT_MS} ms`);
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
      timeout.abort();
    }
  }
}

import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { networkOf } from '../http/network.js';

interface Bound {
  /** The failure that causes the first pause; each later one doubles it. */
  readonly failures: number;
  readonly longestPauseMs: number;
}

const FIRST_PAUSE_MS = 1_000;
/** Failures are forgotten after this time without another. */
const FORGOTTEN_AFTER_MS = 15 * 60_000;
/** Entries of each kind, least recently used ones are evicted. About 2 MB a kind. */
const REMEMBERED = 10_000;

const BOUNDS = {
  /** One client tried from one address. */
  pair: { failures: 5, longestPauseMs: 5 * 60_000 },
  /** Any clients tried from one address, which a whole office may share. */
  address: { failures: 50, longestPauseMs: 5 * 60_000 },
  /** One client tried from any addresses. */
  client: { failures: 1_000, longestPauseMs: 60_000 },
} as const satisfies Record<string, Bound>;

/** The keys that an attempt is counted under: hashes, whose length does not depend on the client id. */
export interface Attempt {
  readonly pair: string;
  readonly address: string;
  readonly client: string;
}

/**
 * Counts failed token requests to this process. After too many, the caller has to pause, for longer each time.
 *
 * A client that has received a token from an address is known there. Only its own failures from that address pause it,
 * not those of other clients at the address or of guesses from other addresses.
 */
@Injectable()
export class FailedAttempts {
  private readonly pairs = new Failures(BOUNDS.pair);
  private readonly addresses = new Failures(BOUNDS.address);
  private readonly clients = new Failures(BOUNDS.client);
  private readonly known = new LRUCache<string, true>({ max: REMEMBERED });

  attempt(clientId: string, address: string): Attempt {
    const network = networkOf(address);
    return { pair: digest(`${network} ${clientId}`), address: network, client: digest(clientId) };
  }

  /** Seconds to wait before the next attempt, rounded up; 0 for no pause. */
  pauseSeconds({ pair, address, client }: Attempt): number {
    const own = this.pairs.pauseMs(pair);
    const all = this.known.has(pair)
      ? own
      : Math.max(own, this.addresses.pauseMs(address), this.clients.pauseMs(client));
    return Math.ceil(all / 1000);
  }

  failed({ pair, address, client }: Attempt): void {
    this.pairs.add(pair);
    this.addresses.add(address);
    this.clients.add(client);
  }

  /** Keeps the counts of the address and client: the caller may own one client and guess at another. */
  succeeded({ pair }: Attempt): void {
    this.pairs.forget(pair);
    this.known.set(pair, true);
  }
}

class Failures {
  private readonly counted = new LRUCache<string, { count: number; lastAt: number; pauseMs: number }>({
    max: REMEMBERED,
  });

  constructor(private readonly bound: Bound) {}

  /** The remaining pause; 0 for none. */
  pauseMs(key: string): number {
    const found = this.counted.get(key);
    return found ? Math.max(0, found.lastAt + found.pauseMs - performance.now()) : 0;
  }

  add(key: string): void {
    const now = performance.now();
    const found = this.counted.get(key);
    const count = found && now - found.lastAt < FORGOTTEN_AFTER_MS ? found.count + 1 : 1;
    const { failures, longestPauseMs } = this.bound;
    const pauseMs = count < failures ? 0 : Math.min(FIRST_PAUSE_MS * 2 ** (count - failures), longestPauseMs);
    this.counted.set(key, { count, lastAt: now, pauseMs });
  }

  forget(key: string): void {
    this.counted.delete(key);
  }
}

const digest = (text: string) => createHash('sha256').update(text).digest('base64url');

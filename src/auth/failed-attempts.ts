import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { networkOf } from '../http/network.js';

/** What so many failures in a row bring. */
interface Bound {
  /** Failures up to this one have no consequence; it and each after it bring a pause, twice as long as the last. */
  readonly failures: number;
  readonly longestPauseMs: number;
}

const FIRST_PAUSE_MS = 1_000;
/** Failures are forgotten when none has come for so long. */
const FORGOTTEN_AFTER_MS = 15 * 60_000;
/** Of each kind; the ones that were quiet for longest make way. About 2 MB a kind. */
const REMEMBERED = 10_000;

const BOUNDS = {
  /** Who guesses at the secret of one client from one address. */
  pair: { failures: 5, longestPauseMs: 5 * 60_000 },
  /** For many clients tried from one address, which may be that of a whole office. */
  address: { failures: 50, longestPauseMs: 5 * 60_000 },
  /** For one client tried from many addresses. */
  client: { failures: 1_000, longestPauseMs: 60_000 },
} as const satisfies Record<string, Bound>;

/** What an attempt to get a token counts for. The keys have a fixed length, however long the name that was sent. */
export interface Attempt {
  readonly pair: string;
  readonly address: string;
  readonly client: string;
}

/**
 * The failed attempts to get a token, of this process. After too many the caller has to pause, for longer each time.
 *
 * A client that has got a token from an address is known there: it is held up by its own failures from there alone, not
 * by those of a neighbour behind the same address or of a stranger who guesses at the same client.
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

  /** Whole seconds to wait before the next attempt; 0: none. */
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

  /** The failures of others stay counted: who has one good client may be guessing at the next. */
  succeeded({ pair }: Attempt): void {
    this.pairs.forget(pair);
    this.known.set(pair, true);
  }
}

/** Counts failures by key. */
class Failures {
  private readonly counted = new LRUCache<string, { count: number; lastAt: number; pauseMs: number }>({
    max: REMEMBERED,
  });

  constructor(private readonly bound: Bound) {}

  /** What is left of the pause; 0: none. */
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

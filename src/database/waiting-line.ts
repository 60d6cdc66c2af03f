import { channel } from 'node:diagnostics_channel';
import { DomainError } from '../errors/domain-error.js';

/** Of what several callers share, this part is never a single one's. */
export const reserveOf = (size: number): number => Math.floor(size / 4);

/**
 * How many may stand in a line for each of what they wait for: whoever comes then would wait in vain. Not fewer, because
 * to wait costs nothing, and to be refused at once brings many a client back at once: see docs/decisions/0032.
 */
const PLACES_IN_LINE = 128;

/** What is waited for: a connection of the pool, a caller's share of it, or a place for a request-wide transaction. */
export type Awaited = 'connection' | 'share' | 'transaction';

/** A request that was refused because waiting longer, or waiting at all, would have been in vain. */
export interface Shed {
  readonly awaited: Awaited;
  readonly reason: 'line_full' | 'waited_too_long';
}

/** Where whoever counts them hears of each, as a {@link Shed}. */
export const sheds = channel('vestibule:database.shed');

/** Called once: with nothing when the turn has come, or with the error for which it never will. */
type Enter = (error?: DomainError) => void;

/**
 * A line of bounded length, in which nobody waits longer than was said. Each caller waits behind its own requests, and the
 * callers take turns.
 */
export class WaitingLine {
  private readonly callers = new Map<string, Set<Enter>>();
  private waiting = 0;
  private readonly atMost: number;
  private readonly atMostOfOne: number;

  /**
   * @param size how many can be served at once
   * @param patienceMs how long anybody waits
   */
  constructor(
    private readonly awaited: Awaited,
    size: number,
    private readonly patienceMs: number,
  ) {
    this.atMost = size * PLACES_IN_LINE;
    this.atMostOfOne = this.atMost - reserveOf(this.atMost);
  }

  get length(): number {
    return this.waiting;
  }

  has(caller: string): boolean {
    return this.waiting > 0 && this.callers.has(caller);
  }

  join(caller: string, enter: Enter): void {
    const own = this.callers.get(caller);
    if (this.waiting >= this.atMost || (own?.size ?? 0) >= this.atMostOfOne) return enter(this.shed('line_full'));
    const wait: Enter = (error) => {
      clearTimeout(timer);
      enter(error);
    };
    const timer = setTimeout(() => {
      this.leave(caller, wait);
      wait(this.shed('waited_too_long'));
    }, this.patienceMs);
    if (own) own.add(wait);
    else this.callers.set(caller, new Set([wait]));
    this.waiting++;
  }

  /**
   * Lets the first one of the next caller in.
   *
   * @param may whether a caller can be let in; all by default
   * @returns whether there was anybody to let in
   */
  admit(may: (caller: string) => boolean = () => true): boolean {
    for (const [caller, own] of this.callers) {
      if (!may(caller)) continue;
      const [first] = own;
      this.leave(caller, first!);
      if (own.size > 0) {
        // To the end: the others come first.
        this.callers.delete(caller);
        this.callers.set(caller, own);
      }
      first!();
      return true;
    }
    return false;
  }

  private leave(caller: string, enter: Enter): void {
    const own = this.callers.get(caller)!;
    own.delete(enter);
    if (own.size === 0) this.callers.delete(caller);
    this.waiting--;
  }

  private shed(reason: Shed['reason']): DomainError {
    if (sheds.hasSubscribers) sheds.publish({ awaited: this.awaited, reason } satisfies Shed);
    return new DomainError('overloaded');
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import type pg from 'pg';
import { unlessAborted } from '../unless-aborted.js';
import { Notifications, NotificationsSwallowed } from './notifications.js';
import { afterCommit } from './request-transaction.js';

/** On which the triggers of the tables notify. */
const CHANNEL = 'vestibule_changes';
const RETRY_MS = { first: 50, last: 2_000, withoutNotifications: 60_000 };

/** A row that changed, as `<table> <id>`. */
export type Change = `${'organizations' | 'connections'} ${string}`;

/** Who remembers rows. */
export interface Follower {
  changed(change: Change): void;
  /** Anything may have changed: nothing that is remembered is good any more. */
  lost(): void;
}

/**
 * Tells who remembers rows which of them have changed: what this process changed as soon as it has, and by Postgres'
 * notifications what anybody changed.
 */
@Injectable()
export class ChangeFeed {
  private readonly logger = new Logger(ChangeFeed.name);
  private readonly followers: Follower[] = [];
  private readonly ending = new AbortController();
  private notifications?: Notifications;
  private listening?: Promise<void>;

  constructor(private readonly pool: pg.Pool) {}

  /** The first one makes it listen, from some time soon on. */
  follow(follower: Follower): void {
    this.followers.push(follower);
    this.listening ??= this.keepListening();
  }

  /** While it is false, nothing that is remembered may be relied on. */
  isCurrent(): boolean {
    return this.notifications?.isCurrent() ?? false;
  }

  /** How old the last confirmation is that every change has been heard; undefined: nothing is heard. Only looks. */
  get unconfirmedMs(): number | undefined {
    return this.notifications?.unconfirmedMs;
  }

  /**
   * Does what changes rows. Who follows is told before it is done, or when the request as a whole is committed; also
   * of what failed: that may be committed too.
   *
   * @param changes is asked when the work is done, which may be the one to find out
   */
  async announcing<T>(changes: Change | (() => Iterable<Change>), work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } finally {
      afterCommit(() => {
        for (const change of typeof changes === 'string' ? [changes] : changes()) this.tell(change);
      });
    }
  }

  async end(): Promise<void> {
    this.ending.abort();
    this.notifications?.end();
    await this.listening;
  }

  private tell(change: Change): void {
    for (const follower of this.followers) follower.changed(change);
  }

  private lose(): void {
    for (const follower of this.followers) follower.lost();
  }

  private async keepListening(): Promise<void> {
    const { signal } = this.ending;
    for (let failures = 0; !signal.aborted;) {
      try {
        this.notifications = await this.listen(signal);
        if (failures > 0) this.logger.log('Changes by other processes are heard again');
        failures = 0;
        await this.notifications.ended;
        this.lose();
        if (!signal.aborted) this.logger.warn('The connection that hears of changes broke, a new one is made');
      } catch (error) {
        if (signal.aborted) return;
        const isSwallowed = error instanceof NotificationsSwallowed;
        if (failures++ === 0) this.logger.warn(`Nothing is remembered, changes are not heard: ${String(error)}`);
        const pause = isSwallowed
          ? RETRY_MS.withoutNotifications
          : Math.min(RETRY_MS.first * 2 ** failures, RETRY_MS.last);
        await delay(pause, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
  }

  private async listen(signal: AbortSignal): Promise<Notifications> {
    const opening = Notifications.open(this.pool, CHANNEL, (payload) => this.hear(payload));
    try {
      return await unlessAborted(opening, signal);
    } catch (error) {
      void opening.then(
        (notifications) => notifications.end(),
        () => undefined,
      );
      throw error;
    }
  }

  private hear(payload: string): void {
    if (payload === 'everything') this.lose();
    else this.tell(payload as Change);
  }
}

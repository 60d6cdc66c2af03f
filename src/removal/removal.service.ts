import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import type { Actor } from '../actor.js';
import { AppConfig } from '../config/config.js';
import { afterCommit } from '../database/request-transaction.js';
import { RemovalRepository, type Owner, type Versions } from './removal.repository.js';

const RETRY_MS = 2_000;

/**
 * Deletes what is too large for one statement: it is gone for every reader at once, and its rows are removed in the
 * background, by this server or any other, now or after the next start.
 */
@Injectable()
export class RemovalService {
  private readonly logger = new Logger(RemovalService.name);
  private readonly ending = new AbortController();
  private timer?: NodeJS.Timeout;
  private running?: Promise<void>;
  private hasMore = false;
  private readonly lookEvery: number;

  constructor(
    private readonly repository: RemovalRepository,
    { removal }: AppConfig,
  ) {
    this.lookEvery = removal.lookEvery;
  }

  isLarge(owner: Owner, id: string): Promise<boolean> {
    return this.repository.isLarge(owner, id);
  }

  /** @returns false when there is none of these versions */
  async hide(actor: Actor, owner: Owner, id: string, versions: Versions): Promise<boolean> {
    const isHidden = await this.repository.hide(actor, owner, id, versions);
    if (isHidden) afterCommit(() => this.goOn());
    return isHidden;
  }

  /** Removes from now on what is hidden. */
  start(): void {
    this.timer = setInterval(() => this.goOn(), this.lookEvery).unref();
    this.goOn();
  }

  /** Finishes the batch under way; another server, or the next start, does the rest. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    this.ending.abort();
    await this.running;
  }

  /** Does nothing unless started: a command of the command line leaves it to a server. */
  private goOn(): void {
    if (this.timer === undefined) return;
    this.hasMore = true;
    this.running ??= this.removeAll().finally(() => (this.running = undefined));
  }

  private async removeAll(): Promise<void> {
    const { signal } = this.ending;
    const held: string[] = [];
    while (this.hasMore && !signal.aborted) {
      this.hasMore = false;
      const pause = await this.removeSome(held);
      if (this.hasMore) await delay(pause, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** @returns for how many milliseconds to do nothing afterwards */
  private async removeSome(held: string[]): Promise<number> {
    const startedAt = performance.now();
    try {
      const removed = await this.repository.removeSome(held);
      if (removed === false) return 0;
      this.hasMore = true;
      if (removed !== true) held.push(removed.heldUp);
      // No more than half of the time of one connection.
      return performance.now() - startedAt;
    } catch (error) {
      this.hasMore = true;
      this.logger.warn(`What has been deleted is not removed yet: ${String(error)}`);
      return RETRY_MS;
    }
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import type { Actor } from '../actor.js';
import { AppConfig } from '../config/config.js';
import { afterCommit } from '../database/request-transaction.js';
import { RemovalRepository, type Owner, type Versions } from './removal.repository.js';

const RETRY_MS = 2_000;

/**
 * Deletes organizations and connections that are too large for one statement: hides them at once, and removes their
 * rows in the background, on any server, even after a restart.
 */
@Injectable()
export class RemovalService {
  private readonly logger = new Logger(RemovalService.name);
  private readonly ending = new AbortController();
  private timer?: NodeJS.Timeout;
  private running?: Promise<void>;
  private hasMore = false;

  constructor(
    private readonly repository: RemovalRepository,
    private readonly config: AppConfig,
  ) {}

  isLarge(owner: Owner, id: string): Promise<boolean> {
    return this.repository.isLarge(owner, id);
  }

  /** Returns false when no row has this id and one of these versions. */
  async hide(actor: Actor, owner: Owner, id: string, versions: Versions): Promise<boolean> {
    const isHidden = await this.repository.hide(actor, owner, id, versions);
    if (isHidden) afterCommit(() => this.wake());
    return isHidden;
  }

  /** Starts removing hidden rows. */
  start(): void {
    this.timer = setInterval(() => this.wake(), this.config.removal.lookEvery).unref();
    this.wake();
  }

  /** Waits for the current batch; another server, or this one after a restart, continues. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    this.ending.abort();
    await this.running;
  }

  /** Does nothing unless started: commands leave the removal to a server. */
  private wake(): void {
    if (this.timer === undefined) return;
    this.hasMore = true;
    this.running ??= this.removeAll().finally(() => (this.running = undefined));
  }

  private async removeAll(): Promise<void> {
    const { signal } = this.ending;
    const blocked: string[] = [];
    while (this.hasMore && !signal.aborted) {
      this.hasMore = false;
      const pause = await this.removeSome(blocked);
      if (this.hasMore) await delay(pause, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }

  /** Returns the pause before the next batch, in milliseconds. */
  private async removeSome(blocked: string[]): Promise<number> {
    const startedAt = performance.now();
    try {
      const removed = await this.repository.removeSome(blocked);
      if (removed === false) return 0;
      this.hasMore = true;
      if (removed !== true) blocked.push(removed.blockedId);
      // The pause is as long as the batch took, so that the removal uses at most half of one connection.
      return performance.now() - startedAt;
    } catch (error) {
      this.hasMore = true;
      this.logger.warn(`Cannot remove deleted rows, retrying: ${String(error)}`);
      return RETRY_MS;
    }
  }
}

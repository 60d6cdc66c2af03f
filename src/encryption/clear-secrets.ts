import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { DATABASE, type Database } from '../database/database.js';
import { ReadConnection } from '../database/read-connection.js';
import { NO_COLUMNS, run, type Statement } from '../database/statement.js';

const RETRY_MS = 60_000;

const PENDING: Statement = { name: '', text: 'SELECT FROM clear_secrets', rowOf: NO_COLUMNS };

/** Encrypts some of what a feature has in the clear. @returns how many rows */
export type EncryptClear = () => Promise<number>;

/**
 * What a version before this one has written is in the clear. While its servers are replaced one after the other they
 * could read it no other way, so it is encrypted an hour after the migration (`clear_secrets`), or when somebody says
 * that it is time. What this version writes is encrypted from the beginning.
 */
@Injectable()
export class ClearSecrets implements OnApplicationShutdown {
  private readonly logger = new Logger(ClearSecrets.name);
  private readonly features: EncryptClear[] = [];
  private readonly stopped = new AbortController();
  private isPending = false;

  constructor(
    @Inject(DATABASE) private readonly database: Database,
    private readonly reads: ReadConnection,
  ) {}

  register(encrypt: EncryptClear): void {
    this.features.push(encrypt);
  }

  /** All that there is. Several processes may be at it at once. @returns how many rows */
  async encrypt(): Promise<number> {
    let count = 0;
    for (const encryptClear of this.features) count += await encryptClear();
    await this.database.clearSecrets.deleteMany();
    return count;
  }

  /** Whether there is anything. */
  async look(): Promise<void> {
    this.isPending = (await run(this.reads, PENDING, [])).rowCount > 0;
  }

  /** Encrypts it when its time has come, if there is anything. @param laterMs how long after, at least */
  encryptInTime(laterMs: number): void {
    if (!this.isPending) return;
    // Not all servers at once: the first one leaves the others nothing to do.
    void this.tryInTime(laterMs * (1 + Math.random()));
  }

  onApplicationShutdown(): void {
    this.stopped.abort();
  }

  private async tryInTime(laterMs: number): Promise<void> {
    const { signal } = this.stopped;
    while (!signal.aborted) {
      try {
        const until = await this.until();
        if (until === undefined) return;
        const dueInMs = until.getTime() + laterMs - Date.now();
        if (dueInMs > 0) await delay(dueInMs, undefined, { signal, ref: false });
        else return this.logger.log(`${await this.encrypt()} rows were in the clear and are encrypted`);
      } catch (error) {
        if (signal.aborted) return;
        this.logger.warn(`What is in the clear is not encrypted yet: ${String(error)}`);
        await delay(RETRY_MS, undefined, { signal, ref: false }).catch(() => undefined);
      }
    }
  }

  private async until(): Promise<Date | undefined> {
    return (await this.database.clearSecrets.findFirst())?.until;
  }
}

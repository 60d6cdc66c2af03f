import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { ReadConnection } from '../database/read-connection.js';
import { NO_COLUMNS, run, type Statement } from '../database/statement.js';

export interface Health {
  status: 'ok' | 'unavailable';
}

/** Shorter than the usual time-out of a probe, so that the probe gets an answer. */
const ANSWER_WITHIN_MS = 900;
/** However many ask, the database is asked no faster than this. */
const REMEMBERED_MS = 1_000;

const PING: Statement = { name: 'ping', text: 'SELECT', rowOf: NO_COLUMNS };

/** Whether the database answers. It is asked beside the pool, which writes that wait for locks can occupy. */
@Injectable()
export class HealthService {
  private isLeaving = false;
  private asked?: { at: number; health: Promise<Health> };

  constructor(private readonly reads: ReadConnection) {}

  /** From now on no more requests are to be sent here. */
  leave(): void {
    this.isLeaving = true;
  }

  /** The answer may be a second old. */
  check(): Promise<Health> {
    if (this.isLeaving) return Promise.resolve({ status: 'unavailable' });
    const now = performance.now();
    if (this.asked === undefined || now - this.asked.at > REMEMBERED_MS) {
      this.asked = { at: now, health: this.ask() };
    }
    return this.asked.health;
  }

  private async ask(): Promise<Health> {
    const answer = run(this.reads, PING, []).then(
      () => true,
      () => false,
    );
    const ok = await Promise.race([answer, delay(ANSWER_WITHIN_MS, false, { ref: false })]);
    return { status: ok ? 'ok' : 'unavailable' };
  }
}

import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { hotStatement } from '../database/hot/hot-statements.js';
import { PrismaService } from '../database/prisma.service.js';

export interface Health {
  status: 'ok' | 'unavailable';
}

/** Shorter than the usual time-out of a probe. */
const ANSWER_WITHIN_MS = 900;
/** For how long an answer of the database is reused. */
const REMEMBERED_MS = 1_000;

const PING = hotStatement<{ one: number }>('ping', 'SELECT 1 AS one');

/** Checks whether the database answers, without the pool, which writes that wait for locks can occupy. */
@Injectable()
export class HealthService {
  private isLeaving = false;
  private asked?: { at: number; health: Promise<Health> };

  constructor(private readonly prisma: PrismaService) {}

  /** Makes the server unavailable for load balancers. */
  leave(): void {
    this.isLeaving = true;
  }

  /** The result may be a second old. */
  check(): Promise<Health> {
    if (this.isLeaving) return Promise.resolve({ status: 'unavailable' });
    const now = performance.now();
    if (this.asked === undefined || now - this.asked.at > REMEMBERED_MS) {
      this.asked = { at: now, health: this.ask() };
    }
    return this.asked.health;
  }

  private async ask(): Promise<Health> {
    const answer = this.prisma.hot.read(PING, []).then(
      () => true,
      () => false,
    );
    const ok = await Promise.race([answer, delay(ANSWER_WITHIN_MS, false, { ref: false })]);
    return { status: ok ? 'ok' : 'unavailable' };
  }
}

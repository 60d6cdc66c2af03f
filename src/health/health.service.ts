import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { POOL } from '../database/database.js';

export interface Health {
  status: 'ok' | 'unavailable';
}

/** Shorter than the usual time-out of a probe, so that the probe gets an answer. */
const ANSWER_WITHIN_MS = 900;

@Injectable()
export class HealthService {
  constructor(@Inject(POOL) private readonly pool: pg.Pool) {}

  async check(): Promise<Health> {
    const answer = this.pool.query('SELECT 1').then(
      () => true,
      () => false,
    );
    const ok = await Promise.race([answer, delay(ANSWER_WITHIN_MS, false, { ref: false })]);
    return { status: ok ? 'ok' : 'unavailable' };
  }
}

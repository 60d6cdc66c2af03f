import type pg from 'pg';
import { createPool } from '../database/pool.js';
import { columns, integer, NO_COLUMNS, run, type Statement } from '../database/statement.js';
import { WINDOW_MS, type Lease, type Leases } from './leases.js';

const CLEAR_MS = 60_000;

const LEASE = columns<Lease>({
  granted: integer('granted'),
  free: integer('greatest(0, $3::int - used)'),
  endsInMs: integer('ceil(extract(epoch FROM resets_at - now()) * 1000)'),
});

/** What was used before, which is nothing once the minute is over. */
const USED = 'CASE WHEN kept.resets_at > now() THEN kept.used ELSE 0 END';

const LEASE_STATEMENT: Statement<Lease> = {
  name: 'lease_of_rate_limit',
  text: `
    INSERT INTO rate_limits AS kept (key, used, granted, resets_at)
    VALUES ($1, least($2::int, $3::int), least($2::int, $3::int), now() + interval '${WINDOW_MS} ms')
    ON CONFLICT (key) DO UPDATE
       SET granted = greatest(0, least($2::int, $3::int - ${USED})),
           used = ${USED} + greatest(0, least($2::int, $3::int - ${USED})),
           resets_at = CASE WHEN kept.resets_at > now() THEN kept.resets_at ELSE excluded.resets_at END
    RETURNING ${LEASE.list}`,
  rowOf: LEASE.rowOf,
};

const CLEAR_STATEMENT: Statement = {
  name: 'clear_rate_limits',
  text: 'DELETE FROM rate_limits WHERE resets_at < now()',
  rowOf: NO_COLUMNS,
};

/** Over a connection of its own: whoever is to be kept from flooding the pool must not have to wait for it. */
export class PostgresLeases implements Leases {
  private readonly pool: pg.Pool;
  private readonly timer = setInterval(() => void this.clear().catch(() => undefined), CLEAR_MS).unref();

  constructor(url: string) {
    this.pool = createPool(url, 1);
  }

  async lease(key: string, wanted: number, limit: number): Promise<Lease> {
    const { rows } = await run(this.pool, LEASE_STATEMENT, [key, wanted, limit]);
    return rows[0]!;
  }

  ping(): Promise<unknown> {
    return this.pool.query('SELECT 1');
  }

  close(): Promise<void> {
    clearInterval(this.timer);
    return this.pool.end();
  }

  private clear(): Promise<unknown> {
    return run(this.pool, CLEAR_STATEMENT, []);
  }
}

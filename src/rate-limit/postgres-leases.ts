import type pg from 'pg';
import { createClient, Prisma, type Client } from '../database/client.js';
import { createPool } from '../database/pool.js';
import { WINDOW_MS, type Lease, type Leases } from './leases.js';

const CLEAR_MS = 60_000;
const POOL_WAIT_MS = 5_000;

/** What was used in the current minute. */
const USED = Prisma.sql`CASE WHEN stored.resets_at > now() THEN stored.used ELSE 0 END`;

/** Uses a connection of its own, so that counting does not wait for the requests that it limits. */
export class PostgresLeases implements Leases {
  private readonly pool: pg.Pool;
  private readonly client: Client;
  private readonly timer = setInterval(() => {
    const expired = { where: { resetsAt: { lt: new Date() } } };
    void this.client.rateLimit.deleteMany(expired).catch(() => undefined);
  }, CLEAR_MS).unref();

  constructor(url: string) {
    this.pool = createPool(url, { max: 1, waitMs: POOL_WAIT_MS });
    this.client = createClient(this.pool);
  }

  async lease(key: string, wanted: number, limit: number): Promise<Lease> {
    const granted = Prisma.sql`greatest(0, least(${wanted}::int, ${limit}::int - ${USED}))`;
    const first = Math.min(wanted, limit);
    const [lease] = await this.client.$queryRaw<Lease[]>`
      INSERT INTO rate_limits AS stored (key, used, granted, resets_at)
      VALUES (${key}, ${first}, ${first}, now() + ${WINDOW_MS}::int * interval '1 millisecond')
      ON CONFLICT (key) DO UPDATE
         SET granted = ${granted},
             used = ${USED} + ${granted},
             resets_at = CASE WHEN stored.resets_at > now() THEN stored.resets_at ELSE excluded.resets_at END
      RETURNING granted, greatest(0, ${limit}::int - used) AS free,
                ceil(extract(epoch FROM resets_at - now()) * 1000)::int AS "endsInMs"`;
    return lease!;
  }

  ping(): Promise<unknown> {
    return this.client.$queryRaw`SELECT 1`;
  }

  close(): Promise<void> {
    clearInterval(this.timer);
    return this.pool.end();
  }
}

import { Inject, Injectable, Logger } from '@nestjs/common';
import pg from 'pg';
import { CommittedChanges } from '../changes/committed.js';
import { AppConfig } from '../config/config.js';
import { createClient, Prisma, type Client } from '../database/client.js';
import { createPool } from '../database/pool.js';
import type { Partition, RecordedChange } from './domain/change.js';
import { EVENT_TABLES } from './domain/event-type.js';

/** How often the committed position is sampled while someone follows. */
const SAMPLE_MS = 100;
const AFTER_FAILURE_MS = 1_000;

/** The table `changes` as the outbox of events, read by sequence number up to the last committed one. */
@Injectable()
export class Outbox {
  /**
   * Has one connection of its own, opened on first use, so that leases are renewed in time even when requests use the
   * whole pool.
   */
  readonly client: Client;
  private readonly pool: pg.Pool;
  private readonly logger = new Logger(Outbox.name);
  private readonly committed: CommittedChanges;
  private readonly followers = new Set<() => void>();
  private timer?: NodeJS.Timeout;
  private sampling?: Promise<void>;
  private isFailing = false;

  constructor(@Inject(pg.Pool) { options }: pg.Pool, { poolWaitMs }: AppConfig) {
    this.pool = createPool(options.connectionString!, { max: 1, waitMs: poolWaitMs });
    this.client = createClient(this.pool);
    this.committed = new CommittedChanges(this.client);
  }

  /** Every change up to this number can be read; 0 before the first sample. */
  get committedUpTo(): number {
    return this.committed.upTo;
  }

  /** How long the oldest change that cannot be read yet has been waiting. */
  get uncommittedMs(): number {
    return this.committed.waitingMs;
  }

  /** Calls back whenever more changes can be read. Returns a function that unsubscribes. */
  follow(follower: () => void): () => void {
    this.followers.add(follower);
    if (this.followers.size === 1) this.sampleSoon(0);
    return () => {
      this.followers.delete(follower);
      if (this.followers.size === 0) clearTimeout(this.timer);
    };
  }

  read(after: number, upTo: number, limit: number): Promise<RecordedChange[]> {
    return readChanges(this.client, Prisma.sql`true`, after, upTo, limit);
  }

  readPartition(partition: Partition, after: number, upTo: number, limit: number): Promise<RecordedChange[]> {
    return readChanges(this.client, inPartition(partition), after, upTo, limit);
  }

  /** The number of the first stored change, or 0 when none is stored, and the last number drawn from the sequence. */
  async bounds(): Promise<readonly [first: number, drawn: number]> {
    const [row] = await this.client.$queryRaw<{ first: bigint; drawn: bigint }[]>`
      SELECT coalesce((SELECT min(sequence) FROM changes), 0) AS first,
             CASE WHEN is_called THEN last_value ELSE 0 END AS drawn
        FROM change_sequence`;
    return [Number(row!.first), Number(row!.drawn)];
  }

  /**
   * Finds, by binary search, the number after which the changes since this time begin. Numbers and times are assumed to
   * have the same order.
   */
  async before(time: Date, first: number, last: number): Promise<number> {
    let [low, high] = [Math.max(0, first - 1), last];
    while (low < high) {
      const middle = low + Math.ceil((high - low) / 2);
      const found = await this.client.change.findFirst({
        where: { sequence: { gte: middle } },
        orderBy: { sequence: 'asc' },
        select: { changedAt: true },
      });
      if (found && found.changedAt < time) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  async end(): Promise<void> {
    this.followers.clear();
    clearTimeout(this.timer);
    await this.sampling;
    await this.pool.end();
  }

  private sampleSoon(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void (this.sampling = this.sample()), milliseconds).unref();
  }

  private async sample(): Promise<void> {
    let pause = SAMPLE_MS;
    try {
      if (await this.committed.sample()) for (const tell of this.followers) tell();
      this.isFailing = false;
    } catch (error) {
      if (!this.isFailing) this.logger.warn(`Cannot read changes, retrying every second: ${String(error)}`);
      this.isFailing = true;
      pause = AFTER_FAILURE_MS;
    }
    if (this.followers.size > 0) this.sampleSoon(pause);
  }
}

// The connection id of a changed user, cut out of the text: JSON operators refuse a row that contains \u0000, as
// metadata may. `connection_id` is the second column, and quotes in values are escaped.
const CONNECTION_ID = Prisma.raw(`substring(coalesce(c.after, c.before)::text FROM '"connection_id":"([^"]*)"')`);

type ChangeRow = Omit<RecordedChange, 'sequence'> & { readonly sequence: bigint };

/**
 * The first changes of tables with events, after one number and up to another. The name and strategy of a connection
 * never change, so those of a deleted one are read from its last recorded change.
 */
export async function readChanges(
  client: Pick<Client, '$queryRaw'>,
  condition: Prisma.Sql,
  after: number,
  upTo: number,
  limit: number,
): Promise<RecordedChange[]> {
  const rows = await client.$queryRaw<ChangeRow[]>`
    SELECT c.sequence, c.changed_at AS "changedAt", c.organization_id AS "organizationId", c.table_name AS "table",
           c.row_id AS "rowId", c.operation::text AS operation, c.actor, c.before, c.after,
           CASE WHEN c.actor ? 'client_id' THEN
             (SELECT m.name FROM machine_clients m WHERE m.client_id = c.actor->>'client_id') END AS "clientName",
           CASE WHEN c.table_name = 'users' THEN coalesce(
             (SELECT json_build_object('name', n.name, 'strategy', n.strategy, 'strategy_kind', n.strategy_kind)
                FROM connections n WHERE n.id = ${CONNECTION_ID}),
             (SELECT coalesce(d.after, d.before) FROM changes d
               WHERE d.organization_id = '' AND d.table_name = 'connections' AND d.row_id = ${CONNECTION_ID}
               ORDER BY d.sequence DESC LIMIT 1)) END AS connection,
           coalesce(octet_length(c.before::text), 0) + coalesce(octet_length(c.after::text), 0) AS bytes
      FROM changes c
     WHERE ${condition} AND c.sequence > ${after}::bigint AND c.sequence <= ${upTo}::bigint
       AND c.table_name = ANY (${EVENT_TABLES})
     ORDER BY c.sequence LIMIT ${limit}::bigint`;
  return rows.map((row) => ({ ...row, sequence: Number(row.sequence) }));
}

/** A condition for {@link readChanges}. */
export const inPartition = ({ organizationId, rowId }: Partition): Prisma.Sql =>
  organizationId === ''
    ? Prisma.sql`c.organization_id = '' AND c.row_id = ${rowId}`
    : Prisma.sql`c.organization_id = ${organizationId}`;

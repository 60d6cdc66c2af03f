import type pg from 'pg';

/**
 * Up to which sequence number of `changes` all that will ever be there is there to be read.
 *
 * A number is drawn before its change is committed, so the change with a lower one may come later. The change's
 * transaction had an id of its own before it drew the number. So this notes the last number that was drawn (`last_value`)
 * and then draws a transaction id, the fence, which is greater than that of every transaction that can hold such a number.
 * When no transaction up to the fence runs any more, all those numbers are settled. The `xmax` of a snapshot cannot
 * be the fence: it is one past the last id that has *ended*, and ids that are still running may be greater.
 *
 * The fence's commit is flushed, for which it needs something to be flushed: after a crash of Postgres a number whose drawing
 * had not reached the disk would be given out again, to a change that whoever has gone past that number would not see.
 *
 * What it costs: one transaction id and one flush for a sample that finds new numbers, and nothing for one that does not. A transaction that stays open anywhere in the cluster holds it up. See docs/decisions/0030.
 */
export class Settled {
  private sequence = 0;
  /** Oldest first. */
  private readonly fences: Fence[] = [];
  private drawn = 0;

  constructor(private readonly pool: pg.Pool) {}

  /** Every change with a number up to this one can be read; 0: nothing is known yet. */
  get upTo(): number {
    return this.sequence;
  }

  /** How long the oldest number that is not settled has been waiting, in milliseconds. */
  get waitingMs(): number {
    const [oldest] = this.fences;
    return oldest === undefined ? 0 : performance.now() - oldest.notedAt;
  }

  /** Looks once. @returns whether more is settled than before */
  async sample(): Promise<boolean> {
    const isNew = `is_called AND last_value > ${this.drawn}`;
    // Several statements in one text are sent as one message, and each sees the state at its own beginning.
    const [
      {
        rows: [noted],
      },
      {
        rows: [snapshot],
      },
    ] = (await this.pool.query(`
      SELECT CASE WHEN is_called THEN last_value ELSE 0 END AS drawn,
             CASE WHEN ${isNew} THEN pg_current_xact_id() END AS fence,
             CASE WHEN ${isNew} THEN pg_logical_emit_message(true, 'vestibule', '') END AS flushed
        FROM change_sequence;
      SELECT pg_snapshot_xmin(pg_current_snapshot()) AS xmin`)) as unknown as [Answer<Noted>, Answer<Snapshot>];
    if (noted.fence !== null) this.note({ upTo: Number(noted.drawn), id: BigInt(noted.fence) });
    return this.settle(BigInt(snapshot.xmin));
  }

  private note(fence: Omit<Fence, 'notedAt'>): void {
    this.drawn = fence.upTo;
    // The last one is replaced when there are too many: what it stands for is settled a little later then.
    if (this.fences.length === MAX_FENCES) {
      const { notedAt } = this.fences.pop()!;
      this.fences.push({ ...fence, notedAt });
    } else {
      this.fences.push({ ...fence, notedAt: performance.now() });
    }
  }

  /** @param xmin the lowest id that is still running, or was the own one */
  private settle(xmin: bigint): boolean {
    const before = this.sequence;
    while (this.fences.length > 0 && this.fences[0]!.id <= xmin) this.sequence = this.fences.shift()!.upTo;
    return this.sequence > before;
  }
}

const MAX_FENCES = 100;

interface Fence {
  readonly upTo: number;
  readonly id: bigint;
  readonly notedAt: number;
}

interface Noted {
  readonly drawn: string;
  readonly fence: string | null;
}

interface Snapshot {
  readonly xmin: string;
}

interface Answer<Row> {
  readonly rows: readonly [Row];
}

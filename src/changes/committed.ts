import type { Client } from '../database/client.js';

const MAX_FENCES = 100;

/**
 * Up to which sequence number all changes are committed or rolled back, so that none with a lower number comes later.
 *
 * A number is drawn before its change is committed, so the change with a lower one may come later. The change's
 * transaction had an id of its own before it drew the number. So this notes the last number that was drawn (`last_value`)
 * and then draws a transaction id, the fence, which is greater than that of every transaction that can hold such a number.
 * When no transaction up to the fence runs any more, all those numbers are committed or will never be. The `xmax` of a
 * snapshot cannot be the fence: it is one past the last id that has *ended*, and ids that are still running may be greater.
 *
 * The fence's commit is flushed, for which it needs something to be flushed: after a crash of Postgres a number whose drawing
 * had not reached the disk would be given out again, to a change that a reader past that number would not see.
 *
 * A sample costs one transaction id and one flush when it finds new numbers. A transaction that stays open anywhere in the
 * cluster holds it up. See docs/decisions/0030.
 */
export class CommittedChanges {
  private sequence = 0;
  /** Oldest first. */
  private readonly fences: Fence[] = [];
  private drawn = 0n;

  constructor(private readonly client: Pick<Client, '$queryRaw'>) {}

  /** Every change with a number up to this one can be read; 0: nothing is known yet. */
  get upTo(): number {
    return this.sequence;
  }

  /** How long the oldest number that may not be committed has been waiting, in milliseconds. */
  get waitingMs(): number {
    const [oldest] = this.fences;
    return oldest === undefined ? 0 : performance.now() - oldest.notedAt;
  }

  /** Looks once. @returns whether more is committed than before */
  async sample(): Promise<boolean> {
    const [noted] = await this.client.$queryRaw<{ drawn: bigint; fence: string }[]>`
      SELECT last_value AS drawn, pg_current_xact_id()::text AS fence,
             pg_logical_emit_message(true, 'vestibule', '')::text AS flushed
        FROM change_sequence WHERE is_called AND last_value > ${this.drawn}`;
    if (noted) this.note(noted.drawn, BigInt(noted.fence));
    if (this.fences.length === 0) return false;
    const [snapshot] = await this.client.$queryRaw<{ xmin: string }[]>`
      SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xmin`;
    return this.pass(BigInt(snapshot!.xmin));
  }

  private note(drawn: bigint, id: bigint): void {
    this.drawn = drawn;
    // The last one is replaced when there are too many: its numbers pass a little later then.
    const { notedAt } = (this.fences.length === MAX_FENCES && this.fences.pop()) || { notedAt: performance.now() };
    this.fences.push({ upTo: Number(drawn), id, notedAt });
  }

  /** @param xmin the lowest id that is still running */
  private pass(xmin: bigint): boolean {
    const before = this.sequence;
    while (this.fences.length > 0 && this.fences[0]!.id <= xmin) this.sequence = this.fences.shift()!.upTo;
    return this.sequence > before;
  }
}

interface Fence {
  readonly upTo: number;
  readonly id: bigint;
  readonly notedAt: number;
}

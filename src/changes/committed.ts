import type { Client } from '../database/client.js';

const MAX_FENCES = 100;

/**
 * Finds the sequence number up to which all changes are committed or rolled back, so that no lower one appears later.
 *
 * A number is drawn before its change is committed, so a change with a lower number may be committed later. Its
 * transaction has an id before it draws the number. So a sample reads the last number drawn (`last_value`) and then
 * draws a transaction id, the fence: every transaction with such a number has a lower id. Once no transaction up to the
 * fence is running, all those numbers are committed or never will be. The `xmax` of a snapshot cannot be the fence: it
 * is one past the last id that has *ended*, and ids that are still running may be greater.
 *
 * The fence writes a WAL message, so that its commit is flushed. After a crash, Postgres could otherwise draw the same
 * numbers again, for changes that a reader past them would miss.
 *
 * A sample that finds new numbers costs one transaction id and one flush. A transaction left open anywhere in the
 * cluster delays it. See docs/decisions/0030.
 */
export class CommittedChanges {
  private sequence = 0;
  /** Oldest first. */
  private readonly fences: Fence[] = [];
  private drawn = 0n;

  constructor(private readonly client: Pick<Client, '$queryRaw'>) {}

  /** Every change up to this number can be read; 0 before the first sample. */
  get upTo(): number {
    return this.sequence;
  }

  /** How long the oldest number that may not be committed has been waiting. */
  get waitingMs(): number {
    const [oldest] = this.fences;
    return oldest === undefined ? 0 : performance.now() - oldest.notedAt;
  }

  /** Returns whether `upTo` has advanced. */
  async sample(): Promise<boolean> {
    const [noted] = await this.client.$queryRaw<{ drawn: bigint; fence: string }[]>`
      SELECT last_value AS drawn, pg_current_xact_id()::text AS fence,
             pg_logical_emit_message(true, 'vestibule', '')::text AS flushed
        FROM change_sequence WHERE is_called AND last_value > ${this.drawn}`;
    if (noted) this.note(noted.drawn, BigInt(noted.fence));
    if (this.fences.length === 0) return false;
    const [snapshot] = await this.client.$queryRaw<{ xmin: string }[]>`
      SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS xmin`;
    const [before, xmin] = [this.sequence, BigInt(snapshot!.xmin)];
    while (this.fences.length > 0 && this.fences[0]!.id <= xmin) this.sequence = this.fences.shift()!.upTo;
    return this.sequence > before;
  }

  private note(drawn: bigint, id: bigint): void {
    this.drawn = drawn;
    // With too many fences, the new one replaces the last, whose numbers then pass a little later.
    const { notedAt } = (this.fences.length === MAX_FENCES && this.fences.pop()) || { notedAt: performance.now() };
    this.fences.push({ upTo: Number(drawn), id, notedAt });
  }
}

interface Fence {
  readonly upTo: number;
  readonly id: bigint;
  readonly notedAt: number;
}

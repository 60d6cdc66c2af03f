import { createHash } from 'node:crypto';
import type pg from 'pg';
import { isPooledByTransaction } from '../../config/pooling.js';
import { rethrowAsDomainError } from '../domain-errors.js';
import { connectionWait, replaceIdleConnections } from '../pool.js';
import { currentTransaction } from '../request-transaction.js';
import { isReadOnly, isStaleStatement, leavesConnectionGood } from '../sqlstate.js';
import type { RowLockQueue } from '../row-lock-queue.js';
import { asStatementRun } from '../statement-channel.js';
import type { ReadPipeline } from './read-pipeline.js';

/** A statement that each connection prepares once. Its columns have the names of the fields of `Row`. */
export interface HotStatement<Row> {
  /** Unique in the service. Metrics and traces show it. */
  readonly name: string;
  /** The name on a connection, with a hash of the text: another version of this service may have prepared its own. */
  readonly preparedName: string;
  readonly text: string;
  /** Exists only as a type. */
  readonly row?: Row;
}

export function hotStatement<Row>(name: string, text: string): HotStatement<Row> {
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 12);
  return { name, preparedName: `${name}_${hash}`, text };
}

/**
 * Runs the few statements that bench/RESULTS.md has a figure for, by `pg` itself. Within a dry run or an idempotent
 * request they run in its transaction. Violated constraints and lock timeouts are thrown as the DomainError they map to.
 */
export class HotStatements {
  private readonly isPrepared: boolean;

  constructor(
    private readonly pool: pg.Pool,
    private readonly reads: ReadPipeline,
    private readonly queue: RowLockQueue,
  ) {
    this.isPrepared = !isPooledByTransaction(pool.options.connectionString);
  }

  /** Runs a statement that waits for no lock, on the pipelined connection. */
  read<Row>(statement: HotStatement<Row>, values: unknown[]): Promise<Row[]> {
    return asStatementRun(statement.name, () => {
      const transaction = currentTransaction();
      if (transaction) return transaction.client.$queryRawUnsafe<Row[]>(statement.text, ...values);
      return this.reads.query(this.queryOf(statement, values)).then(rowsOf<Row>, rethrowAsDomainError);
    });
  }

  /**
   * Runs a statement that is a transaction of its own, on a connection of the pool.
   *
   * @param row the row that it locks, a table and a key: see {@link RowLockQueue}
   */
  write<Row>(statement: HotStatement<Row>, values: unknown[], row: string): Promise<Row[]> {
    return asStatementRun(statement.name, () => {
      const transaction = currentTransaction();
      if (transaction) return transaction.part((client) => client.$queryRawUnsafe<Row[]>(statement.text, ...values));
      return this.queue.enter(row, () =>
        this.onPool(this.queryOf(statement, values)).then(rowsOf<Row>, rethrowAsDomainError),
      );
    });
  }

  private queryOf({ preparedName, text }: HotStatement<unknown>, values: unknown[]): pg.QueryConfig {
    return this.isPrepared ? { name: preparedName, text, values } : { text, values };
  }

  private async onPool(query: pg.QueryConfig, isAgain = false): Promise<pg.QueryResult> {
    const granted = connectionWait();
    const client = await this.pool.connect().catch((error: unknown) => {
      granted(false);
      throw error;
    });
    granted(true);
    try {
      const result = await client.query(query);
      client.release();
      return result;
    } catch (error) {
      // `pool.query` would close the connection of every refused row: 163 refusals a second, where keeping it gives 1,359.
      client.release(!leavesConnectionGood(error));
      if (isReadOnly(error)) replaceIdleConnections(this.pool);
      if (isStaleStatement(error) && !isAgain) return this.onPool(query, true);
      throw error;
    }
  }
}

const rowsOf = <Row>(result: pg.QueryResult): Row[] => result.rows as Row[];

/**
 * A condition of a statement that writes, always true: it sets the actor for the change record, so that a statement that
 * is a transaction of its own needs no other before it (docs/decisions/0029).
 *
 * @param parameter such as `$3`, for the actor's text
 */
export const setsActor = (parameter: string) =>
  `(SELECT set_config('vestibule.actor', ${parameter}, true)) IS NOT NULL`;

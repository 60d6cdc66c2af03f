import { Injectable } from '@nestjs/common';
import type pg from 'pg';
import type { Actor } from '../actor.js';
import { DomainError } from '../errors/domain-error.js';
import { createClient, type Client, type Transaction } from './client.js';
import { rethrowAsDomainError } from './domain-errors.js';
import { HotStatements } from './hot/hot-statements.js';
import { ReadPipeline } from './hot/read-pipeline.js';
import { connectionWait, replaceIdleConnections } from './pool.js';
import { currentTransaction, RequestTransaction } from './request-transaction.js';
import { RowLockQueue } from './row-lock-queue.js';
import { isConnectionLost, isReadOnly, isRepeatable, isStaleStatement } from './sqlstate.js';

const ATTEMPTS = 10;

/** The access to the database. Repositories inject it. */
@Injectable()
export class PrismaService {
  /** Runs the statements that bench/RESULTS.md has a figure for. */
  readonly hot: HotStatements;
  private readonly root: Client;
  /** Without prepared statements: an outdated one would fail the transaction of the request. */
  private readonly requests: Client;
  private readonly queue = new RowLockQueue();

  constructor(
    private readonly pool: pg.Pool,
    reads = new ReadPipeline(pool.options.connectionString!),
    private readonly requestPool = pool,
  ) {
    this.root = createClient(pool);
    this.requests = createClient(requestPool, false);
    this.hot = new HotStatements(pool, reads, this.queue);
  }

  /** Prisma's client, for reads. Within a dry run or an idempotent request, the transaction of the request. */
  get client(): Client {
    return (currentTransaction()?.client ?? this.root) as Client;
  }

  /**
   * Runs a write as one transaction in the actor's name, or as a savepoint of the request's. It is run again when
   * Postgres rolled it back to end a deadlock, or when a prepared statement no longer fits the schema.
   *
   * @param row the row that it locks, a table and a key: see {@link RowLockQueue}
   */
  write<T>(actor: Actor, work: (transaction: Transaction) => Promise<T>, { row }: { row?: string } = {}): Promise<T> {
    const inName = async (transaction: Transaction) => {
      await transaction.$executeRaw`SELECT set_config('vestibule.actor', ${String(actor)}, true)`;
      return work(transaction);
    };
    const run = () => repeat(() => currentTransaction()?.part(inName) ?? this.transact(inName));
    return row === undefined ? run() : this.queue.enter(row, run);
  }

  /**
   * Runs reads on one snapshot of the database. Prisma reads a relation by a second statement, and fails when the related
   * row was deleted in between.
   */
  snapshot<T>(read: (snapshot: Transaction) => Promise<T>): Promise<T> {
    return currentTransaction()?.part(read) ?? this.transact(read, { isolationLevel: 'RepeatableRead' });
  }

  /** Begins the transaction of a dry run or an idempotent request. @throws DomainError when no connection is available */
  beginRequest(): Promise<RequestTransaction> {
    return RequestTransaction.begin(this.requests, this.fail);
  }

  private async transact<T>(
    work: (transaction: Transaction) => Promise<T>,
    options?: { isolationLevel: 'RepeatableRead' },
  ): Promise<T> {
    const granted = connectionWait();
    let hasBegun = false;
    let failure: unknown;
    try {
      return await this.root.$transaction((transaction) => {
        hasBegun = true;
        granted(true);
        return work(transaction).catch((error: unknown) => {
          failure = error;
          throw error;
        });
      }, options);
    } catch (error) {
      if (!hasBegun) granted(false);
      // Errors of the work are mapped already, those of BEGIN and COMMIT are not.
      return this.fail(error, error === failure);
    }
  }

  /** Replaces connections that cannot be used any more: Prisma returns them to the pool in any case. */
  private readonly fail = (error: unknown, isMapped = false): never => {
    const isLost = (!isMapped || error instanceof DomainError) && isConnectionLost(error);
    if (isLost || isReadOnly(error) || isStaleStatement(error)) {
      replaceIdleConnections(this.pool);
      replaceIdleConnections(this.requestPool);
    }
    if (isMapped) throw error;
    return rethrowAsDomainError(error);
  };
}

async function repeat<T>(write: () => Promise<T>): Promise<T> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    try {
      return await write();
    } catch (error) {
      if (!isRepeatable(error)) throw error;
    }
  }
  throw new DomainError('row_locked');
}

/** Has a small pool of its own, so that sign-ins do not wait for the writes of others. */
@Injectable()
export class SignInPrismaService extends PrismaService {}

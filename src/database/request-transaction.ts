import { AsyncLocalStorage } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import type pg from 'pg';
import type { Database } from './database.js';
import { rethrowAsDomainError } from './domain-errors.js';

/** How long Postgres lets a request do nothing in its transaction, before it ends the connection. */
const IDLE_TIMEOUT_MS = 10_000;

const BEGIN = `BEGIN; SET LOCAL idle_in_transaction_session_timeout = ${IDLE_TIMEOUT_MS}`;
const UNDO_PART = 'ROLLBACK TO SAVEPOINT part; RELEASE SAVEPOINT part';

/** For so long after a transaction, work that its request has left behind is still known as such, and refused. */
const LEFT_BEHIND_MS = 2_000;

/** Prisma gives a transaction up by a clock of its own. Here it is Postgres that does, by the time-outs of the session. */
const NO_LIMIT = { timeout: 3_600_000 };

interface Scope {
  readonly transaction: RequestTransaction;
  /** `part`: within a savepoint. `prisma`: where Prisma begins and ends what it takes for a transaction of its own. */
  readonly place: 'request' | 'part' | 'prisma';
}

const scopes = new AsyncLocalStorage<Scope>();

/**
 * Before version 24, Node.js follows every promise of the process while there may be a store to be found, which costs
 * requests that have none a quarter of their processor time. So it is told when there is none: see docs/decisions/0023.
 */
class Tracking {
  private users = 0;
  private timer?: NodeJS.Timeout;

  start(): void {
    this.users++;
    clearTimeout(this.timer);
  }

  stop(): void {
    if (--this.users === 0) this.timer = setTimeout(() => scopes.disable(), LEFT_BEHIND_MS).unref();
  }
}

const tracking = new Tracking();

/** The transaction that the request under way is as a whole; undefined: there is none, as for almost every request. */
export function requestTransaction(): RequestTransaction | undefined {
  const scope = scopes.getStore();
  return scope?.place === 'prisma' ? undefined : scope?.transaction;
}

/**
 * Calls back when what has been written is there to stay: at once outside of a request-wide transaction, else after its
 * COMMIT. Never after a rollback, be it of the request or of the part of it that this was called in.
 */
export function afterCommit(callback: () => void): void {
  const transaction = requestTransaction();
  if (transaction === undefined) callback();
  else transaction.afterCommit(callback);
}

/** What the pool gives Prisma in place of a connection, when it is to join a transaction that has begun. */
export function clientForPrisma(): pg.PoolClient | undefined {
  const scope = scopes.getStore();
  return scope?.place === 'prisma' ? scope.transaction.lentClient : undefined;
}

/**
 * Everything that a request does, as one transaction on one connection of the pool. Within `run`, whatever is asked of
 * the pool, of the connection for reads or of Prisma's client happens on it, and sees what was done before.
 *
 * Each statement, and each transaction of a repository, is a part: a savepoint, so that one that Postgres refuses leaves
 * the rest as it was. Parts take turns, also when they are asked for at once.
 */
export class RequestTransaction {
  private readonly logger = new Logger(RequestTransaction.name);
  private readonly callbacks: (() => void)[] = [];
  /** The end of the part that was asked for last. Never rejects. */
  private lastPart: Promise<unknown> = Promise.resolve();
  /** No further part is begun. */
  private isOver = false;
  private isClosed = false;
  private joined?: Promise<Database>;
  private letPrismaGo: () => void = ignore;

  private constructor(
    /** For what comes before all parts. */
    readonly client: pg.PoolClient,
    private readonly released: () => void,
  ) {
    // The pool does not listen while the connection is out. What is asked of one that broke fails with the reason.
    client.on('error', ignore);
    client.once('end', this.close);
    tracking.start();
  }

  /** @param released is called when the connection has been given back, or could not be had */
  static async begin(pool: pg.Pool, released: () => void): Promise<RequestTransaction> {
    const client = await pool.connect().catch((error: Error) => {
      released();
      return rethrowAsDomainError(error);
    });
    const transaction = new RequestTransaction(client, released);
    try {
      await transaction.client.query(BEGIN);
      return transaction;
    } catch (error) {
      transaction.close(error as Error);
      return rethrowAsDomainError(error);
    }
  }

  run<T>(work: () => T): T {
    return scopes.run({ transaction: this, place: 'request' }, work);
  }

  /** Does the work when its turn has come: all of it or nothing. Within a part it is done at once, as one with it. */
  part<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    if (scopes.getStore()?.place === 'part') return work(this.client);
    const part = this.lastPart.then(() => this.inSavepoint(work));
    this.lastPart = part.catch(ignore);
    return part;
  }

  /** Prisma's client, within this transaction. */
  join(prisma: Database): Promise<Database> {
    return (this.joined ??= new Promise((resolve, reject) => {
      const over = new Promise<void>((end) => (this.letPrismaGo = end));
      const begin = () =>
        prisma.$transaction((joined) => {
          resolve(joined as Database);
          return over;
        }, NO_LIMIT);
      scopes.run({ transaction: this, place: 'prisma' }, begin).catch(reject);
    }));
  }

  afterCommit(callback: () => void): void {
    this.callbacks.push(callback);
  }

  /**
   * Waits for the part under way; those whose turn has not come are refused.
   *
   * @param last done at the very end, and with all the rest or not at all
   */
  async commit(last: (client: pg.ClientBase) => Promise<unknown> = () => Promise.resolve()): Promise<void> {
    await this.end(async () => {
      await last(this.client);
      const { command } = await this.client.query('COMMIT');
      // Postgres answers so when the transaction has failed before, and nobody said so: a defect.
      if (command !== 'COMMIT') throw new TypeError(`COMMIT was answered with ${command}`);
    });
    for (const callback of this.callbacks) {
      try {
        scopes.exit(callback);
      } catch (error) {
        this.logger.error(error);
      }
    }
  }

  /** As `commit`, but nothing stays. @throws DomainError where a constraint would not have let it end */
  async undo(): Promise<void> {
    await this.end(async () => {
      await this.client.query('SET CONSTRAINTS ALL IMMEDIATE');
      await this.client.query('ROLLBACK');
    });
  }

  /** Never fails: where the connection is lost, Postgres rolls back by itself. */
  async rollback(): Promise<void> {
    await this.end(() => this.client.query('ROLLBACK')).catch(ignore);
  }

  private async inSavepoint<T>(work: (client: pg.ClientBase) => Promise<T>): Promise<T> {
    // Its connection may have broken while nothing was asked on it.
    if (this.isOver) rethrowAsDomainError(new Error('The transaction of the request is over'));
    const registered = this.callbacks.length;
    await this.client.query('SAVEPOINT part').catch(rethrowAsDomainError);
    try {
      const result = await scopes.run({ transaction: this, place: 'part' }, () => work(this.client));
      await this.client.query('RELEASE SAVEPOINT part').catch(rethrowAsDomainError);
      return result;
    } catch (error) {
      this.callbacks.length = registered;
      // When this fails too, so does the COMMIT.
      await this.client.query(UNDO_PART).catch(ignore);
      throw error;
    }
  }

  private async end(finish: () => Promise<unknown>): Promise<void> {
    this.isOver = true;
    await this.lastPart;
    try {
      await finish();
      this.close();
    } catch (error) {
      this.close(await this.client.query('ROLLBACK').then(ignore, (broken: Error) => broken));
      rethrowAsDomainError(error);
    }
  }

  /** Gives the connection back; when it is lost, whatever becomes of the request. Only the first call does anything. */
  private readonly close = (broken?: Error): void => {
    if (this.isClosed) return;
    this.isClosed = true;
    this.isOver = true;
    this.letPrismaGo();
    this.client.off('error', ignore).off('end', this.close);
    this.client.release(broken);
    this.released();
    tracking.stop();
  };

  /** On it, neither the beginning nor the end of a transaction is for Prisma to decide. */
  readonly lentClient = {
    query: (config: pg.QueryConfig) =>
      /^(BEGIN|COMMIT|ROLLBACK)$/.test(config.text) ? NOTHING_DONE : this.client.query(config),
    on: ignore,
    removeListener: ignore,
    release: ignore,
  } as unknown as pg.PoolClient;
}

const NOTHING_DONE = Promise.resolve({ rows: [], fields: [], rowCount: null });

function ignore(): undefined {}

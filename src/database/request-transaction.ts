import { AsyncLocalStorage } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import { DomainError } from '../errors/domain-error.js';
import type { Client, Transaction } from './client.js';

/** How long Postgres lets a request do nothing in its transaction before it ends the connection. */
const IDLE_TIMEOUT_MS = 10_000;
/** Longer than any request may take. */
const TIMEOUT_MS = 120_000;
/** For this long after its transaction, work that a request has left behind is still recognized, and refused. */
const LEFT_BEHIND_MS = 2_000;

interface Scope {
  readonly transaction: RequestTransaction;
  /** The transaction, or the savepoint in which the work runs. */
  readonly client: Transaction;
  readonly isPart: boolean;
}

const scopes = new AsyncLocalStorage<Scope>();

/** How many requests have a transaction. */
let requests = 0;
let disabling: NodeJS.Timeout | undefined;

/**
 * Before version 24, Node.js follows every promise of the process while an AsyncLocalStorage is in use, which costs the
 * other requests a quarter of their processor time (docs/decisions/0023). So it is switched off when no request needs it.
 */
function followPromises(): () => void {
  requests++;
  clearTimeout(disabling);
  return () => {
    if (--requests === 0) disabling = setTimeout(() => scopes.disable(), LEFT_BEHIND_MS).unref();
  };
}

/** What runs in the transaction of the request under way. */
export interface InTransaction {
  readonly client: Transaction;
  /** Runs work that may fail: in a savepoint, so that its failure leaves the rest of the transaction as it was. */
  part<T>(work: (client: Transaction) => Promise<T>): Promise<T>;
}

/** Returns undefined when the request has no transaction of its own, as almost every one. */
export function currentTransaction(): InTransaction | undefined {
  const scope = scopes.getStore();
  if (scope === undefined) return undefined;
  const { transaction, client, isPart } = scope;
  if (transaction.isOver) throw new DomainError('database_unavailable', '', '', new Error('The transaction is over'));
  return { client, part: (work) => (isPart ? work(client) : transaction.part(work)) };
}

/** Calls back at once, or after the COMMIT of the request's transaction; never after a rollback. */
export function afterCommit(callback: () => void): void {
  const scope = scopes.getStore();
  if (scope === undefined) callback();
  else scope.transaction.callbacks.push(callback);
}

/** Thrown into Prisma's transaction to undo it. */
const UNDO = new Error('undone');

/**
 * Everything that a dry run or an idempotent request does, as one interactive transaction of Prisma. Work within `run`
 * finds it by {@link currentTransaction}.
 */
export class RequestTransaction {
  private readonly logger = new Logger(RequestTransaction.name);
  callbacks: (() => void)[] = [];
  isOver = false;
  /** The end of the part that was asked for last. Never rejects. */
  private lastPart: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly client: Transaction,
    private readonly finish: (error?: Error) => Promise<void>,
  ) {}

  /**
   * @param fail maps what the beginning and the end throw
   * @throws DomainError when no connection can be had
   */
  static begin(root: Client, fail: (error: unknown) => never): Promise<RequestTransaction> {
    return new Promise((resolve, reject) => {
      const release = followPromises();
      let end!: (error?: Error) => void;
      const over = new Promise<void>((done, fail) => (end = (error) => (error ? fail(error) : done())));
      const committed: Promise<void> = root
        .$transaction(
          async (client) => {
            await client.$executeRawUnsafe(`SET LOCAL idle_in_transaction_session_timeout = ${IDLE_TIMEOUT_MS}`);
            resolve(
              new RequestTransaction(client, (error) => {
                end(error);
                return committed;
              }),
            );
            await over;
          },
          { timeout: TIMEOUT_MS },
        )
        .catch((error: unknown) => (error === UNDO ? undefined : fail(error)))
        .finally(release);
      committed.catch(reject);
    });
  }

  run<T>(work: () => T): T {
    return scopes.run({ transaction: this, client: this.client, isPart: false }, work);
  }

  /** Runs parts one after the other, also when they are asked for at once: savepoints nest. */
  part<T>(work: (client: Transaction) => Promise<T>): Promise<T> {
    const part = this.lastPart.then(() => this.inSavepoint(work));
    this.lastPart = part.catch(() => undefined);
    return part;
  }

  /**
   * Waits for the part under way, and commits.
   *
   * @param last written at the very end, and with all the rest or not at all
   */
  async commit(last: (client: Transaction) => Promise<unknown> = () => Promise.resolve()): Promise<void> {
    await this.close();
    try {
      await last(this.client);
    } catch (error) {
      await this.finish(UNDO).catch(() => undefined);
      throw error;
    }
    await this.finish();
    for (const callback of this.callbacks) {
      try {
        scopes.exit(callback);
      } catch (error) {
        this.logger.error(error);
      }
    }
  }

  /** Undoes everything. @throws DomainError where a constraint would not have let the transaction commit */
  async undo(): Promise<void> {
    await this.close();
    try {
      await this.client.$executeRawUnsafe('SET CONSTRAINTS ALL IMMEDIATE');
    } finally {
      await this.finish(UNDO).catch(() => undefined);
    }
  }

  /** Undoes everything. Never fails: where the connection is lost, Postgres rolls back by itself. */
  async rollback(): Promise<void> {
    await this.close();
    await this.finish(UNDO).catch(() => undefined);
  }

  private async close(): Promise<void> {
    this.isOver = true;
    await this.lastPart;
  }

  private async inSavepoint<T>(work: (client: Transaction) => Promise<T>): Promise<T> {
    const registered = this.callbacks.length;
    try {
      return await this.client.$transaction((client) =>
        scopes.run({ transaction: this, client: client, isPart: true }, () => work(client)),
      );
    } catch (error) {
      this.callbacks.length = registered;
      throw error;
    }
  }
}

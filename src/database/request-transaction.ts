import { AsyncLocalStorage } from 'node:async_hooks';
import { Logger } from '@nestjs/common';
import { DomainError } from '../errors/domain-error.js';
import type { Client, Transaction } from './client.js';

/** How long Postgres lets a request do nothing in its transaction before it ends the connection. */
const IDLE_TIMEOUT_MS = 10_000;
/** Longer than any request may take. */
const TIMEOUT_MS = 120_000;
/** For how long after its end the transaction is still found, and refused, by work that the request did not wait for. */
const LEFT_BEHIND_MS = 2_000;

/** What the work of a request finds. */
interface Scope {
  readonly transaction: RequestTransaction;
  /** The transaction, or the savepoint in which the work runs. */
  readonly client: Transaction;
  /** Runs work in a savepoint, so that its failure leaves the rest of the transaction as it was. Savepoints do not nest. */
  readonly part: <T>(work: (client: Transaction) => Promise<T>) => Promise<T>;
}

const scopes = new AsyncLocalStorage<Scope>();

/** The number of requests in a transaction. */
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

/** Returns undefined unless the request is a dry run or idempotent, and so a transaction. @throws DomainError once that has ended */
export function currentTransaction(): Scope | undefined {
  const scope = scopes.getStore();
  if (!scope?.transaction.isOver) return scope;
  throw new DomainError('database_unavailable', '', '', new Error('The transaction of the request has ended'));
}

/** Calls back after the COMMIT of the request's transaction, never after a rollback; at once without a transaction. */
export function afterCommit(callback: () => void): void {
  const scope = scopes.getStore();
  if (scope === undefined) callback();
  else scope.transaction.callbacks.push(callback);
}

/** Thrown in Prisma's transaction to roll it back. */
const UNDO = new Error('undone');

type Fail = (error: unknown, isMapped?: boolean) => never;

/**
 * A dry run or an idempotent request as one interactive transaction of Prisma. Work within `run` gets it from
 * {@link currentTransaction}.
 */
export class RequestTransaction {
  private readonly logger = new Logger(RequestTransaction.name);
  callbacks: (() => void)[] = [];
  isOver = false;
  /** Resolves when the newest part has ended, whether it succeeded or not. */
  private lastPart: Promise<unknown> = Promise.resolve();

  private constructor(
    private readonly client: Transaction,
    private readonly fail: Fail,
    private readonly finish: (error?: Error) => Promise<void>,
  ) {}

  /**
   * @param fail rethrows an error of Prisma as the one it maps to, unless it is mapped already
   * @throws DomainError when no connection can be had
   */
  static begin(root: Client, fail: Fail): Promise<RequestTransaction> {
    return new Promise((resolve, reject) => {
      const release = followPromises();
      let end!: (error?: Error) => void;
      const over = new Promise<void>((done, undo) => (end = (error) => (error ? undo(error) : done())));
      const committed: Promise<void> = root
        .$transaction(
          async (client) => {
            await client.$executeRawUnsafe(`SET LOCAL idle_in_transaction_session_timeout = ${IDLE_TIMEOUT_MS}`);
            resolve(
              new RequestTransaction(client, fail, (error) => {
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
    return scopes.run({ transaction: this, client: this.client, part: (part) => this.part(part) }, work);
  }

  /** Runs work in a savepoint. Concurrent calls run one after the other, because savepoints of one transaction nest. */
  part<T>(work: (client: Transaction) => Promise<T>): Promise<T> {
    const part = this.lastPart.then(() => this.inSavepoint(work));
    this.lastPart = part.catch(() => undefined);
    return part;
  }

  /**
   * Waits for the running part, and commits.
   *
   * @param last the last write of the transaction
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

  /** Rolls back. @throws DomainError when a constraint would have refused the COMMIT */
  async undo(): Promise<void> {
    await this.close();
    try {
      await this.client.$executeRawUnsafe('SET CONSTRAINTS ALL IMMEDIATE');
    } finally {
      await this.finish(UNDO).catch(() => undefined);
    }
  }

  /** Rolls back. Never fails: Postgres rolls back by itself when the connection is lost. */
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
    let failure: unknown;
    try {
      return await this.client.$transaction((client) =>
        scopes
          .run({ transaction: this, client, part: (inner) => inner(client) }, () => work(client))
          .catch((error: unknown) => {
            failure = error;
            throw error;
          }),
      );
    } catch (error) {
      this.callbacks.length = registered;
      // Errors of the work are mapped already, those of the savepoint are not.
      return this.fail(error, error === failure);
    }
  }
}

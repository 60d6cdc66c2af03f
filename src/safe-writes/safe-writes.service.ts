import { Injectable } from '@nestjs/common';
import type { RequestTransaction } from '../database/request-transaction.js';
import { RequestTransactions } from '../database/request-transactions.js';
import { DomainError } from '../errors/domain-error.js';
import type { Identity } from './identity.js';
import { IdempotencyKeysRepository, type KeptAnswer } from './idempotency-keys.repository.js';

/** What is neither decided nor done: somebody else's turn, a scope that is missing, a failure. */
const isKept = (status: number) => status < 500 && ![401, 403, 408, 429].includes(status);

/** Requests whose effects are one transaction: to be undone, or to be kept together with the answer. */
@Injectable()
export class SafeWritesService {
  constructor(
    private readonly transactions: RequestTransactions,
    private readonly keys: IdempotencyKeysRepository,
  ) {}

  /**
   * @param caller whose request it is
   * @param identity of a request that has an idempotency key
   * @returns the transaction to do the request in, or the answer that was given to it before
   * @throws DomainError when the key is in use, or was used for another request
   */
  async begin(caller: string | undefined, identity: Identity | undefined): Promise<RequestTransaction | KeptAnswer> {
    const transaction = await this.transactions.begin(caller);
    if (identity === undefined) return transaction;
    try {
      const kept = await transaction.run(() => this.claim(transaction, identity));
      if (kept === undefined) return transaction;
      await transaction.rollback();
      return kept;
    } catch (error) {
      await transaction.rollback();
      throw error;
    }
  }

  /** Undoes everything. @throws DomainError where a constraint would not have let a success come to its end */
  undo(transaction: RequestTransaction, { status }: KeptAnswer): Promise<void> {
    return status < 400 ? transaction.undo() : transaction.rollback();
  }

  /** Keeps the answer with what was done. Of an answer that is not kept, nothing is done either. */
  keep(transaction: RequestTransaction, { id, fingerprint }: Identity, answer: KeptAnswer): Promise<void> {
    if (!isKept(answer.status)) return transaction.rollback();
    return transaction.commit((client) => this.keys.keep(client, id, { ...answer, fingerprint }));
  }

  private async claim({ client }: RequestTransaction, { id, fingerprint }: Identity): Promise<KeptAnswer | undefined> {
    if (!(await this.keys.take(client, id))) throw new DomainError('idempotency_key_in_use');
    const kept = await this.keys.find(client, id);
    if (kept && kept.fingerprint !== fingerprint) throw new DomainError('idempotency_key_reused');
    return kept;
  }
}

import { Injectable } from '@nestjs/common';
import { PrismaService } from '../database/prisma.service.js';
import type { RequestTransaction } from '../database/request-transaction.js';
import { DomainError } from '../errors/domain-error.js';
import type { Identity } from './identity.js';
import { IdempotencyKeysRepository, type StoredAnswer } from './idempotency-keys.repository.js';

/** Whether an answer decides the request: not that another request is under way, that a scope is missing, or a failure. */
const isStored = (status: number) => status < 500 && ![401, 403, 408, 429].includes(status);

/** Requests whose effects are one transaction: to be undone, or to be committed together with the answer. */
@Injectable()
export class SafeWritesService {
  constructor(
    private readonly prisma: PrismaService,
    private readonly keys: IdempotencyKeysRepository,
  ) {}

  /**
   * @param identity of a request that has an idempotency key
   * @returns the transaction to do the request in, or the answer that was given to it before
   * @throws DomainError when the key is in use, or was used for another request
   */
  async begin(identity: Identity | undefined): Promise<RequestTransaction | StoredAnswer> {
    const transaction = await this.prisma.beginRequest();
    if (identity === undefined) return transaction;
    try {
      const stored = await transaction.run(() => this.claim(identity));
      if (stored === undefined) return transaction;
      await transaction.rollback();
      return stored;
    } catch (error) {
      await transaction.rollback();
      throw error;
    }
  }

  /** Undoes everything. @throws DomainError where a constraint would not have let a success be committed */
  undo(transaction: RequestTransaction, { status }: StoredAnswer): Promise<void> {
    return status < 400 ? transaction.undo() : transaction.rollback();
  }

  /** Stores the answer with what was done. When the answer is one that is not stored, everything is undone. */
  commit(transaction: RequestTransaction, { id, fingerprint }: Identity, answer: StoredAnswer): Promise<void> {
    if (!isStored(answer.status)) return transaction.rollback();
    return transaction.commit((client) => this.keys.save(client, id, { ...answer, fingerprint }));
  }

  private async claim({ id, fingerprint }: Identity): Promise<StoredAnswer | undefined> {
    if (!(await this.keys.take(id))) throw new DomainError('idempotency_key_in_use');
    const stored = await this.keys.find(id);
    if (stored && stored.fingerprint !== fingerprint) throw new DomainError('idempotency_key_reused');
    return stored;
  }
}

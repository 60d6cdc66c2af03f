import { Injectable } from '@nestjs/common';
import { PrismaService } from '../database/prisma.service.js';
import type { RequestTransaction } from '../database/request-transaction.js';
import { DomainError } from '../errors/domain-error.js';
import type { Identity } from './identity.js';
import { IdempotencyKeysRepository, type StoredAnswer } from './idempotency-keys.repository.js';

/** Whether a retry should get this answer again. A retry after a server error, 401, 403, 408 or 429 may succeed. */
const isStored = (status: number) => status < 500 && ![401, 403, 408, 429].includes(status);

/** Runs a request in one transaction, which is rolled back (dry run) or committed with the answer (idempotency key). */
@Injectable()
export class SafeWritesService {
  constructor(
    private readonly prisma: PrismaService,
    private readonly keys: IdempotencyKeysRepository,
  ) {}

  /**
   * @param identity undefined without an idempotency key
   * @returns the transaction to run the request in, or the stored answer of an earlier request with this key
   * @throws DomainError when the key is in use, or was used for a different request
   */
  async begin(identity: Identity | undefined): Promise<RequestTransaction | StoredAnswer> {
    const transaction = await this.prisma.beginRequest();
    if (identity === undefined) return transaction;
    try {
      const stored = await transaction.run(() => this.lock(identity));
      if (stored === undefined) return transaction;
      await transaction.rollback();
      return stored;
    } catch (error) {
      await transaction.rollback();
      throw error;
    }
  }

  /** Rolls back. @throws DomainError when a deferred constraint would have refused the commit of a success */
  undo(transaction: RequestTransaction, { status }: StoredAnswer): Promise<void> {
    return status < 400 ? transaction.undo() : transaction.rollback();
  }

  /** Stores the answer and commits. Rolls back when the answer is one that is not stored. */
  commit(transaction: RequestTransaction, { id, fingerprint }: Identity, answer: StoredAnswer): Promise<void> {
    if (!isStored(answer.status)) return transaction.rollback();
    return transaction.commit((client) => this.keys.save(client, id, { ...answer, fingerprint }));
  }

  private async lock({ id, fingerprint }: Identity): Promise<StoredAnswer | undefined> {
    if (!(await this.keys.lock(id))) throw new DomainError('idempotency_key_in_use');
    const stored = await this.keys.find(id);
    if (stored && stored.fingerprint !== fingerprint) throw new DomainError('idempotency_key_reused');
    return stored;
  }
}

import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { POOL } from '../database/database.js';
import { Encryption } from '../encryption/encryption.js';
import { mentionsSecret } from '../encryption/secret-names.js';
import * as statements from './idempotency-keys.statements.js';

export type { KeptAnswer } from './idempotency-keys.statements.js';

const EXPIRED_AT_ONCE = 1_000;

/** The rows of `idempotency_keys`. A key is taken, looked for and kept in one transaction, which is that of its request. */
@Injectable()
export class IdempotencyKeysRepository {
  constructor(
    @Inject(POOL) private readonly pool: pg.Pool,
    private readonly encryption: Encryption,
  ) {}

  /** @returns whether nobody else has it */
  take(transaction: pg.ClientBase, id: string): Promise<boolean> {
    return statements.take(transaction, id);
  }

  async find(transaction: pg.ClientBase, id: string): Promise<statements.KeptRequest | undefined> {
    const row = await statements.find(transaction, id);
    if (!row?.bodyJwe) return row;
    return { ...row, body: await this.encryption.decrypt(row.bodyJwe) };
  }

  async keep(transaction: pg.ClientBase, id: string, request: statements.KeptRequest): Promise<void> {
    if (request.body === null || !mentionsSecret(request.body)) {
      return statements.keep(transaction, id, { ...request, bodyJwe: null }, null);
    }
    const { jwe, keyId } = await this.encryption.encrypt(request.body);
    await statements.keep(transaction, id, { ...request, body: null, bodyJwe: jwe }, keyId);
  }

  /** In batches, so that none takes long. */
  async removeExpired(): Promise<void> {
    while ((await statements.removeExpired(this.pool, EXPIRED_AT_ONCE)) === EXPIRED_AT_ONCE);
  }
}

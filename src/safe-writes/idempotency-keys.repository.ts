import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/client.js';
import { PrismaService } from '../database/prisma.service.js';
import { Encryption } from '../encryption/encryption.js';
import { mentionsSecret } from '../encryption/secret-names.js';

const LIFETIME_MS = 24 * 60 * 60_000;
const EXPIRED_AT_ONCE = 1_000;

export interface StoredAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Null when the answer had no body. */
  readonly body: string | null;
}

export interface StoredRequest extends StoredAnswer {
  readonly fingerprint: string;
}

/** The table `idempotency_keys`. A key is locked, found and saved in the transaction of its request. */
@Injectable()
export class IdempotencyKeysRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly encryption: Encryption,
  ) {}

  /** Locks the key until the end of the request's transaction. Returns false when another request has locked it. */
  async lock(id: string): Promise<boolean> {
    // Advisory locks have 64 bits.
    const lock = Buffer.from(id, 'hex').readBigInt64BE();
    const [row] = await this.prisma.client.$queryRaw<{ taken: boolean }[]>`
      SELECT pg_try_advisory_xact_lock(${lock}) AS taken`;
    return row!.taken;
  }

  async find(id: string): Promise<StoredRequest | undefined> {
    const createdAt = { gt: new Date(Date.now() - LIFETIME_MS) };
    const row = await this.prisma.client.idempotencyKey.findUnique({ where: { id, createdAt } });
    if (!row) return undefined;
    const { fingerprint, status, headers, body, bodyJwe } = row;
    return {
      fingerprint,
      status,
      headers: headers as StoredAnswer['headers'],
      body: bodyJwe === null ? body : await this.encryption.decrypt(bodyJwe),
    };
  }

  /** Stores an answer, replacing an expired one. */
  async save(transaction: Transaction, id: string, { body, ...request }: StoredRequest): Promise<void> {
    const encrypted = body !== null && mentionsSecret(body) ? await this.encryption.encrypt(body) : undefined;
    const { jwe: bodyJwe = null, keyId = null } = encrypted ?? {};
    const row = { ...request, body: encrypted ? null : body, bodyJwe, keyId, createdAt: new Date() };
    await transaction.idempotencyKey.upsert({ where: { id }, create: { id, ...row }, update: row });
  }

  /** Removes expired rows in short batches, and skips rows that another server is removing. */
  async removeExpired(): Promise<void> {
    let removed: number;
    do {
      removed = await this.prisma.client.$executeRaw`
        DELETE FROM idempotency_keys WHERE id IN (
          SELECT id FROM idempotency_keys WHERE created_at <= ${new Date(Date.now() - LIFETIME_MS)}
           ORDER BY created_at LIMIT ${EXPIRED_AT_ONCE} FOR UPDATE SKIP LOCKED)`;
    } while (removed === EXPIRED_AT_ONCE);
  }
}

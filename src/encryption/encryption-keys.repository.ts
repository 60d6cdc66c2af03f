import { Injectable } from '@nestjs/common';
import { Actor } from '../actor.js';
import { Prisma, type Client } from '../database/client.js';
import { PrismaService } from '../database/prisma.service.js';
import { sqlStateOf } from '../database/sqlstate.js';
import type { EncryptedColumn } from './encrypted-columns.js';
import { Encryption } from './encryption.js';

/** An advisory lock; the number is arbitrary but unique in this database. */
const FIRST_KEY_LOCK = 5_119_204_118n;

const FOREIGN_KEY_VIOLATION = '23503';

/** Required by `write`, but never recorded: the history does not include encryption keys. */
const ACTOR = new Actor({ subject: 'vestibule keys' });

/** The ids of the keys in use, and the rows encrypted with them. */
@Injectable()
export class EncryptionKeysRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly encryption: Encryption,
  ) {}

  /**
   * Records that the key of this process is in use, unless the database uses a key that this process does not have.
   * With a new database and two processes with different keys, only the first succeeds.
   *
   * @returns the ids of the keys that this process does not have
   */
  async use(): Promise<readonly string[]> {
    const id = this.encryption.keyId;
    const inUse = await keyIds(this.prisma.client);
    if (inUse.includes(id)) return this.missing(inUse);
    return this.prisma.write(ACTOR, async (transaction) => {
      await transaction.$executeRaw`SELECT pg_advisory_xact_lock(${FIRST_KEY_LOCK})`;
      const missing = this.missing(await keyIds(transaction));
      if (missing.length === 0) await transaction.encryptionKey.createMany({ data: { id }, skipDuplicates: true });
      return missing;
    });
  }

  /**
   * Re-encrypts a batch of rows with the present key. Locks rows only while writing, and skips those that other
   * transactions have locked or changed, which a later call finds again.
   *
   * @returns how many rows with another key were found, and how many of them were re-encrypted
   */
  async reEncrypt(column: EncryptedColumn, limit: number): Promise<{ found: number; encrypted: number }> {
    const [table, id, jwe] = [column.table, column.id, column.jwe].map((name) => Prisma.raw(name)) as
      [Prisma.Sql, Prisma.Sql, Prisma.Sql]; // prettier-ignore
    const { keyId } = this.encryption;
    const rows = await this.prisma.client.$queryRaw<{ row: string; was: string }[]>`
      SELECT ${id} AS row, ${jwe} AS was FROM ${table} WHERE key_id <> ${keyId} ORDER BY ${id} LIMIT ${limit}`;
    if (rows.length === 0) return { found: 0, encrypted: 0 };
    const anew = await Promise.all(
      rows.map(async ({ was }) => (await this.encryption.encrypt(await this.encryption.decrypt(was))).jwe),
    );
    const encrypted = await this.prisma.client.$executeRaw`
      WITH anew AS (
        SELECT anew.id, anew.jwe
          FROM unnest(${rows.map(({ row }) => row)}::text[], ${rows.map(({ was }) => was)}::text[], ${anew}::text[])
               AS anew (id, was, jwe)
          JOIN ${table} present ON present.${id} = anew.id AND present.${jwe} = anew.was
           FOR UPDATE OF present SKIP LOCKED
      )
      UPDATE ${table} SET ${jwe} = anew.jwe, key_id = ${keyId} FROM anew WHERE ${table}.${id} = anew.id`;
    return { found: rows.length, encrypted };
  }

  /** Removes all other keys. Returns false when a row is still encrypted with one of them. */
  async removeOthers(): Promise<boolean> {
    try {
      await this.prisma.client.encryptionKey.deleteMany({ where: { id: { not: this.encryption.keyId } } });
      return true;
    } catch (error) {
      if (sqlStateOf(error) === FOREIGN_KEY_VIOLATION) return false;
      throw error;
    }
  }

  private missing(inUse: readonly string[]): readonly string[] {
    return inUse.filter((id) => !this.encryption.keyIds.includes(id));
  }
}

async function keyIds({ encryptionKey }: Pick<Client, 'encryptionKey'>): Promise<readonly string[]> {
  return (await encryptionKey.findMany({ orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] })).map(({ id }) => id);
}

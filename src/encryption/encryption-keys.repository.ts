import { Injectable } from '@nestjs/common';
import { Actor } from '../actor.js';
import { Prisma, type Client } from '../database/client.js';
import { PrismaService } from '../database/prisma.service.js';
import { sqlStateOf } from '../database/sqlstate.js';
import type { EncryptedColumn } from './encrypted-columns.js';
import { Encryption } from './encryption.js';

/** Any number that no other lock of this database uses. */
const FIRST_KEY_LOCK = 5_119_204_118n;

const FOREIGN_KEY_VIOLATION = '23503';

/** Encryption keys are not recorded. */
const ACTOR = new Actor({ subject: 'vestibule keys' });

/** The keys that a database may be encrypted with, and what is encrypted with them. */
@Injectable()
export class EncryptionKeysRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly encryption: Encryption,
  ) {}

  /**
   * Notes that the key of this process is in use from now on, unless one is that this process does not have. Of two
   * processes with a key each on a new database, one is the first.
   *
   * @returns the ids of keys that this process does not have
   */
  async use(): Promise<readonly string[]> {
    const id = this.encryption.keyId;
    const noted = await keyIds(this.prisma.client);
    if (noted.includes(id)) return this.missing(noted);
    return this.prisma.write(ACTOR, async (transaction) => {
      await transaction.$executeRaw`SELECT pg_advisory_xact_lock(${FIRST_KEY_LOCK})`;
      const missing = this.missing(await keyIds(transaction));
      if (missing.length === 0) await transaction.encryptionKey.createMany({ data: { id }, skipDuplicates: true });
      return missing;
    });
  }

  /**
   * Encrypts some rows with the present key that are encrypted with another one. Rows are locked for the moment of writing
   * alone. Those that another transaction is writing are left out: they are encrypted then, or found again.
   *
   * @returns how many such rows were found, and how many are encrypted anew
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

  /** From now on only the present key is needed. @returns false when something is encrypted with another one again */
  async giveUpOthers(): Promise<boolean> {
    try {
      await this.prisma.client.encryptionKey.deleteMany({ where: { id: { not: this.encryption.keyId } } });
      return true;
    } catch (error) {
      if (sqlStateOf(error) === FOREIGN_KEY_VIOLATION) return false;
      throw error;
    }
  }

  private missing(noted: readonly string[]): readonly string[] {
    return noted.filter((id) => !this.encryption.keyIds.includes(id));
  }
}

async function keyIds({ encryptionKey }: Pick<Client, 'encryptionKey'>): Promise<readonly string[]> {
  return (await encryptionKey.findMany({ orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] })).map(({ id }) => id);
}

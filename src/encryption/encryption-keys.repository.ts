import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { Actor } from '../actor.js';
import { POOL } from '../database/database.js';
import { arrayOf, NO_COLUMNS, run, type Queryable, type Statement } from '../database/statement.js';
import { inTransaction } from '../database/transaction.js';
import type { EncryptedColumn } from './encrypted-columns.js';
import { Encryption } from './encryption.js';

/** Any number that no other lock of this database uses. */
const FIRST_KEY_LOCK = '5119204118';

const FOREIGN_KEY_VIOLATION = '23503';

/** Nothing of it is recorded: what is encrypted stays what it is. */
const ACTOR = new Actor({ subject: 'vestibule keys' });

const once = <Row>(text: string, rowOf: Statement<Row>['rowOf']): Statement<Row> => ({ name: '', text, rowOf });

const KEY_IDS = once('SELECT id FROM encryption_keys ORDER BY created_at, id', ([id]) => id!);

/** The keys that a database may be encrypted with, and what is encrypted with them. */
@Injectable()
export class EncryptionKeysRepository {
  constructor(
    @Inject(POOL) private readonly pool: pg.Pool,
    private readonly encryption: Encryption,
  ) {}

  /**
   * Notes that the key of this process is in use from now on, unless one is that this process does not have. Of two
   * processes with a key each on a new database, one is the first.
   *
   * @returns the ids of keys that this process does not have
   */
  async use(): Promise<readonly string[]> {
    const noted = await keyIds(this.pool);
    if (noted.includes(this.encryption.keyId)) return this.missing(noted);
    return inTransaction(this.pool, ACTOR, async (client) => {
      await run(client, once('SELECT pg_advisory_xact_lock($1)', NO_COLUMNS), [FIRST_KEY_LOCK]);
      const missing = this.missing(await keyIds(client));
      if (missing.length === 0) {
        await run(client, once('INSERT INTO encryption_keys (id) VALUES ($1) ON CONFLICT DO NOTHING', NO_COLUMNS), [
          this.encryption.keyId,
        ]);
      }
      return missing;
    });
  }

  /**
   * Encrypts some rows with the present key that are encrypted with another one. Those that somebody is writing are left
   * out; they are written with the key of whoever writes.
   *
   * @returns how many
   */
  reEncrypt({ table, id, jwe }: EncryptedColumn, limit: number): Promise<number> {
    return inTransaction(this.pool, ACTOR, async (client) => {
      const { rows } = await run(
        client,
        once(
          `SELECT ${id}, ${jwe} FROM ${table} WHERE key_id <> $1 ORDER BY ${id} LIMIT $2 FOR UPDATE SKIP LOCKED`,
          ([row, encrypted]) => ({ row: row!, encrypted: encrypted! }),
        ),
        [this.encryption.keyId, limit],
      );
      const encrypted = await Promise.all(
        rows.map(async (row) => this.encryption.encrypt(await this.encryption.decrypt(row.encrypted))),
      );
      await run(
        client,
        once(
          `UPDATE ${table} SET ${jwe} = encrypted.jwe, key_id = $1
             FROM unnest($2::text[], $3::text[]) AS encrypted (id, jwe) WHERE ${table}.${id} = encrypted.id`,
          NO_COLUMNS,
        ),
        [this.encryption.keyId, arrayOf(rows.map(({ row }) => row)), arrayOf(encrypted.map((one) => one.jwe))],
      );
      return rows.length;
    });
  }

  /** Whether anything is left that is encrypted with another key. */
  async hasOther({ table }: EncryptedColumn): Promise<boolean> {
    const { rows } = await run(
      this.pool,
      once(`SELECT EXISTS (SELECT FROM ${table} WHERE key_id <> $1)`, ([exists]) => exists === 't'),
      [this.encryption.keyId],
    );
    return rows[0]!;
  }

  /** From now on only the present key is needed. @returns false: something is encrypted with another one again */
  async giveUpOthers(): Promise<boolean> {
    try {
      await run(this.pool, once('DELETE FROM encryption_keys WHERE id <> $1', NO_COLUMNS), [this.encryption.keyId]);
      return true;
    } catch (error) {
      if ((error as { code?: string }).code === FOREIGN_KEY_VIOLATION) return false;
      throw error;
    }
  }

  private missing(noted: readonly string[]): readonly string[] {
    return noted.filter((id) => !this.encryption.keyIds.includes(id));
  }
}

const keyIds = async (on: Queryable): Promise<readonly string[]> => (await run(on, KEY_IDS, [])).rows;

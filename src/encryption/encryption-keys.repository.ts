import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { Actor } from '../actor.js';
import { POOL } from '../database/database.js';
import { ReadConnection } from '../database/read-connection.js';
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
    private readonly reads: ReadConnection,
    private readonly encryption: Encryption,
  ) {}

  /**
   * Notes that the key of this process is in use from now on, unless one is that this process does not have. Of two
   * processes with a key each on a new database, one is the first.
   *
   * @returns the ids of keys that this process does not have
   */
  async use(): Promise<readonly string[]> {
    // A start finds it so almost always, and leaves the pool to what comes next.
    const noted = await keyIds(this.reads);
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
   * Encrypts some rows with the present key that are encrypted with another one. Rows are locked for the moment of writing
   * alone. Those that somebody else is writing are left out: they are encrypted then, or found again.
   *
   * @returns how many such rows were found, and how many are encrypted anew
   */
  async reEncrypt({ table, id, jwe }: EncryptedColumn, limit: number): Promise<{ found: number; encrypted: number }> {
    const { rows } = await run(
      this.pool,
      once(`SELECT ${id}, ${jwe} FROM ${table} WHERE key_id <> $1 ORDER BY ${id} LIMIT $2`, ([row, was]) => ({
        row: row!,
        was: was!,
      })),
      [this.encryption.keyId, limit],
    );
    if (rows.length === 0) return { found: 0, encrypted: 0 };
    const anew = await Promise.all(
      rows.map(async ({ was }) => this.encryption.encrypt(await this.encryption.decrypt(was))),
    );
    const { rowCount } = await run(
      this.pool,
      once(
        `WITH anew AS (
           SELECT anew.id, anew.jwe FROM unnest($2::text[], $3::text[], $4::text[]) AS anew (id, was, jwe)
             JOIN ${table} present ON present.${id} = anew.id AND present.${jwe} = anew.was
              FOR UPDATE OF present SKIP LOCKED
         )
         UPDATE ${table} SET ${jwe} = anew.jwe, key_id = $1 FROM anew WHERE ${table}.${id} = anew.id`,
        NO_COLUMNS,
      ),
      [
        this.encryption.keyId,
        arrayOf(rows.map(({ row }) => row)),
        arrayOf(rows.map(({ was }) => was)),
        arrayOf(anew.map((one) => one.jwe)),
      ],
    );
    return { found: rows.length, encrypted: rowCount };
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

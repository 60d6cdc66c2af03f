import { Inject, Injectable } from '@nestjs/common';
import type pg from 'pg';
import { Actor } from '../actor.js';
import { DATABASE, POOL, type Database } from '../database/database.js';
import { arrayOf, NO_COLUMNS, run, type Statement } from '../database/statement.js';
import { inTransaction } from '../database/transaction.js';
import { ClearSecrets } from '../encryption/clear-secrets.js';
import { hasClearSecret } from './domain/option-secrets.js';
import { EncryptedOptions } from './encrypted-options.js';

const ACTOR = new Actor({ subject: 'vestibule' });
const BATCH = 100;
/** How often a batch is looked at again, of which somebody else has changed some. */
const READ_AGAIN = 10;

/**
 * Without triggers: neither is the connection another one, nor may its history learn what was in the clear. That locks
 * the table for other writers, and so it is brief, and not waited for long.
 */
const BEGIN: Statement = once("SELECT set_config('lock_timeout', '1s', true)");
const WITHOUT_TRIGGERS: Statement = once('ALTER TABLE connections DISABLE TRIGGER USER');
const WITH_TRIGGERS: Statement = once('ALTER TABLE connections ENABLE TRIGGER USER');

/** A connection that somebody has changed meanwhile is left as it is. */
const ENCRYPT: Statement = once(`
  WITH kept AS (
    SELECT * FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[]) AS kept (id, version, options, jwe, key_id)
  ), encrypted AS (
    UPDATE connections SET options = kept.options::json FROM kept
     WHERE connections.id = kept.id AND connections.version = kept.version
    RETURNING connections.id
  )
  INSERT INTO connection_secrets (connection_id, jwe, key_id)
  SELECT kept.id, kept.jwe, kept.key_id FROM kept JOIN encrypted ON encrypted.id = kept.id
  ON CONFLICT ON CONSTRAINT connection_secrets_pkey DO UPDATE SET jwe = EXCLUDED.jwe, key_id = EXCLUDED.key_id`);

/** Encrypts what a server of the version before has written into options. */
@Injectable()
export class ClearOptionsRepository {
  constructor(
    @Inject(DATABASE) private readonly database: Database,
    @Inject(POOL) private readonly pool: pg.Pool,
    private readonly options: EncryptedOptions,
    clearSecrets: ClearSecrets,
  ) {
    clearSecrets.register(() => this.encryptAll());
  }

  private async encryptAll(): Promise<number> {
    let count = 0;
    for (let after = '', again = 0; ;) {
      const rows = await this.database.connection.findMany({
        where: { id: { gt: after } },
        select: { id: true, version: true, options: true },
        orderBy: { id: 'asc' },
        take: BATCH,
      });
      const last = rows.at(-1);
      if (last === undefined) return count;
      const inTheClear = rows.filter(({ options }) => hasClearSecret(options as object));
      const written = await this.encrypt(inTheClear);
      count += written;
      const isDone = written === inTheClear.length;
      if (isDone) after = last.id;
      else if (again === READ_AGAIN)
        throw new Error(`Connections after ${after || 'the first'} are changed all the time`);
      again = isDone ? 0 : again + 1;
    }
  }

  private async encrypt(rows: readonly Row[]): Promise<number> {
    if (rows.length === 0) return 0;
    const whole = await this.options.show(rows);
    const kept = await Promise.all(
      rows.flatMap(({ id, version }, at) => {
        // Undefined: somebody has changed it meanwhile.
        const options = whole[at];
        return options ? this.options.keep(id, options).then((columns) => ({ id, version, ...columns })) : [];
      }),
    );
    return inTransaction(this.pool, ACTOR, async (client) => {
      await run(client, BEGIN, []);
      await run(client, WITHOUT_TRIGGERS, []);
      const { rowCount } = await run(client, ENCRYPT, [
        arrayOf(kept.map(({ id }) => id)),
        arrayOf(kept.map(({ version }) => version)),
        arrayOf(kept.map(({ options }) => JSON.stringify(options))),
        arrayOf(kept.map(({ secrets }) => secrets?.jwe)),
        arrayOf(kept.map(({ secrets }) => secrets?.keyId)),
      ]);
      await run(client, WITH_TRIGGERS, []);
      return rowCount;
    });
  }
}

interface Row {
  readonly id: string;
  readonly version: bigint;
  readonly options: unknown;
}

function once(text: string): Statement {
  return { name: '', text, rowOf: NO_COLUMNS };
}

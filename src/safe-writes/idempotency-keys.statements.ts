import {
  columns,
  integer,
  json,
  NO_COLUMNS,
  optionalText,
  run,
  text,
  type Queryable,
  type Statement,
} from '../database/statement.js';

/** By the clock of the database, which all servers share. Nothing of this can be said in Prisma's words. */

/** An answer as it was given, to be given again. */
export interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Null: none. */
  readonly body: string | null;
}

export interface KeptRequest extends KeptAnswer {
  readonly fingerprint: string;
}

/** As a row has it: the body is in the clear, or encrypted, or there is none. */
export interface KeptRow extends KeptRequest {
  readonly bodyJwe: string | null;
}

const KEPT = columns<Omit<KeptRow, 'headers'> & { headers: unknown }>({
  fingerprint: text('fingerprint'),
  status: integer('status'),
  headers: json('headers'),
  body: optionalText('body'),
  bodyJwe: optionalText('body_jwe'),
});

const TAKE: Statement<boolean> = {
  name: 'idempotency_key_take',
  text: 'SELECT pg_try_advisory_xact_lock($1)',
  rowOf: ([taken]) => taken === 't',
};

const FIND: Statement<KeptRow> = {
  name: 'idempotency_key_find',
  text: `
    SELECT ${KEPT.list} FROM idempotency_keys
     WHERE id = $1 AND created_at > CURRENT_TIMESTAMP - interval '24 hours'`,
  rowOf: (fields) => KEPT.rowOf(fields) as KeptRow,
};

const KEEP: Statement<undefined> = {
  name: 'idempotency_key_keep',
  text: `
    INSERT INTO idempotency_keys (id, fingerprint, status, headers, body, body_jwe, key_id) VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT ON CONSTRAINT idempotency_keys_pkey DO UPDATE
       SET fingerprint = EXCLUDED.fingerprint, status = EXCLUDED.status, headers = EXCLUDED.headers,
           body = EXCLUDED.body, body_jwe = EXCLUDED.body_jwe, key_id = EXCLUDED.key_id, created_at = EXCLUDED.created_at`,
  rowOf: NO_COLUMNS,
};

const REMOVE_EXPIRED: Statement<undefined> = {
  name: 'idempotency_key_remove_expired',
  text: `
    DELETE FROM idempotency_keys WHERE id IN (
      SELECT id FROM idempotency_keys WHERE created_at <= CURRENT_TIMESTAMP - interval '24 hours'
       ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED)`,
  rowOf: NO_COLUMNS,
};

/** Takes the key until the end of the transaction that this is a part of. @returns whether nobody else has it */
export async function take(on: Queryable, id: string): Promise<boolean> {
  // 64 bits of the hash, as Postgres counts its advisory locks.
  const lock = Buffer.from(id, 'hex').readBigInt64BE();
  return (await run(on, TAKE, [String(lock)])).rows[0]!;
}

export async function find(on: Queryable, id: string): Promise<KeptRow | undefined> {
  return (await run(on, FIND, [id])).rows[0];
}

/** In place of one that has expired. */
export async function keep(
  on: Queryable,
  id: string,
  { fingerprint, status, headers, body, bodyJwe }: KeptRow,
  keyId: string | null,
): Promise<void> {
  await run(on, KEEP, [id, fingerprint, status, JSON.stringify(headers), body, bodyJwe, keyId]);
}

/** Leaves those to another server that it is at. @returns how many */
export async function removeExpired(on: Queryable, limit: number): Promise<number> {
  return (await run(on, REMOVE_EXPIRED, [limit])).rowCount;
}

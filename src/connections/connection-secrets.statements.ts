import { arrayOf, run, text, columns, type Queryable, type Statement } from '../database/statement.js';

export interface SecretsRow {
  readonly connectionId: string;
  readonly jwe: string;
}

const SECRETS = columns<SecretsRow>({ connectionId: text('connection_id'), jwe: text('jwe') });

const FIND: Statement<SecretsRow> = {
  name: 'connection_secrets_find',
  text: `SELECT ${SECRETS.list} FROM connection_secrets WHERE connection_id = ANY($1)`,
  rowOf: SECRETS.rowOf,
};

/** Those that there are, in any order. */
export async function find(on: Queryable, connectionIds: readonly string[]): Promise<readonly SecretsRow[]> {
  return (await run(on, FIND, [arrayOf(connectionIds)])).rows;
}

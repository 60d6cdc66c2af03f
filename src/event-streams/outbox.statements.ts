import {
  columns,
  integer,
  json,
  optionalText,
  run,
  text,
  time,
  type Queryable,
  type Statement,
} from '../database/statement.js';
import type { ActorFacts } from '../actor.js';
import type { RecordedRow, RecordedTable } from '../changes/domain/change.js';
import type { Lane, RecordedChange } from './domain/change.js';
import type { ChangeOperation } from './domain/event-type.js';

const object = <T>(sql: string) => ({ sql, read: json(sql).read as (field: string | null) => T | null });

/** A user's connection keeps its name and strategy for life, so what was recorded last tells them when it is gone. */
// Not by an operator of JSON, which refuses a row that has \u0000 anywhere, as metadata may. A quote in a value has a
// backslash before it, and this is the second column.
const CONNECTION_ID = `substring(coalesce(c.after, c.before)::text FROM '"connection_id":"([^"]*)"')`;
const CONNECTION = `CASE WHEN c.table_name = 'users' THEN coalesce(
  (SELECT json_build_object('name', n.name, 'strategy', n.strategy, 'strategy_kind', n.strategy_kind)
     FROM connections n WHERE n.id = ${CONNECTION_ID}),
  (SELECT coalesce(d.after, d.before) FROM changes d
    WHERE d.organization_id = '' AND d.table_name = 'connections' AND d.row_id = ${CONNECTION_ID}
    ORDER BY d.sequence DESC LIMIT 1)) END`;
const CLIENT_NAME = `CASE WHEN c.actor ? 'client_id' THEN
  (SELECT m.name FROM machine_clients m WHERE m.client_id = c.actor->>'client_id') END`;

const CHANGE = columns<RecordedChange>({
  sequence: integer('c.sequence'),
  changedAt: time('c.changed_at'),
  organizationId: text('c.organization_id'),
  table: text<RecordedTable>('c.table_name'),
  rowId: text('c.row_id'),
  operation: text<ChangeOperation>('c.operation'),
  actor: object<ActorFacts>('c.actor'),
  clientName: optionalText(CLIENT_NAME),
  before: object<RecordedRow>('c.before'),
  after: object<RecordedRow>('c.after'),
  connection: object<NonNullable<RecordedChange['connection']>>(CONNECTION),
  bytes: integer('coalesce(octet_length(c.before::text), 0) + coalesce(octet_length(c.after::text), 0)'),
});

const READ: Statement<RecordedChange> = {
  name: 'read_changes',
  text: `
    SELECT ${CHANGE.list} FROM changes c
     WHERE c.sequence > $1 AND c.sequence <= $2 AND c.table_name = ANY($3::text[])
     ORDER BY c.sequence LIMIT $4`,
  rowOf: CHANGE.rowOf,
};

const READ_ORGANIZATION: Statement<RecordedChange> = {
  name: 'read_changes_of_organization',
  text: `
    SELECT ${CHANGE.list} FROM changes c
     WHERE c.organization_id = $1 AND c.sequence > $2 AND c.sequence <= $3 AND c.table_name = ANY($4::text[])
     ORDER BY c.sequence LIMIT $5`,
  rowOf: CHANGE.rowOf,
};

const READ_ROW: Statement<RecordedChange> = {
  name: 'read_changes_of_row',
  text: `
    SELECT ${CHANGE.list} FROM changes c
     WHERE c.organization_id = '' AND c.row_id = $1 AND c.sequence > $2 AND c.sequence <= $3
       AND c.table_name = ANY($4::text[])
     ORDER BY c.sequence LIMIT $5`,
  rowOf: CHANGE.rowOf,
};

const BOUNDS: Statement<readonly [first: number, drawn: number]> = {
  name: 'bounds_of_changes',
  text: `
    SELECT coalesce((SELECT min(sequence) FROM changes), 0), CASE WHEN is_called THEN last_value ELSE 0 END
      FROM change_sequence`,
  rowOf: ([first, drawn]) => [Number(first), Number(drawn)],
};

const TIME_OF: Statement<Date> = {
  name: 'time_of_change',
  text: 'SELECT extract(epoch FROM changed_at) * 1000 FROM changes WHERE sequence >= $1 ORDER BY sequence LIMIT 1',
  rowOf: ([milliseconds]) => new Date(Number(milliseconds)),
};

/** Which changes: after the one number and up to the other, of these tables, the first ones. */
export interface Range {
  readonly after: number;
  readonly upTo: number;
  /** As an array of Postgres. */
  readonly tables: string;
  readonly limit: number;
}

export async function read(on: Queryable, { after, upTo, tables, limit }: Range): Promise<readonly RecordedChange[]> {
  return (await run(on, READ, [after, upTo, tables, limit])).rows;
}

export async function readLane(
  on: Queryable,
  { organizationId, rowId }: Lane,
  { after, upTo, tables, limit }: Range,
): Promise<readonly RecordedChange[]> {
  const range = [after, upTo, tables, limit];
  const running =
    organizationId === ''
      ? run(on, READ_ROW, [rowId, ...range])
      : run(on, READ_ORGANIZATION, [organizationId, ...range]);
  return (await running).rows;
}

/** The number of the first change that is still kept, 0: there is none; and the last number that was given out. */
export async function bounds(on: Queryable): Promise<readonly [first: number, drawn: number]> {
  return (await run(on, BOUNDS, [])).rows[0]!;
}

/** Of the first change with this number or a greater one. Undefined: there is none. */
export async function timeOf(on: Queryable, sequence: number): Promise<Date | undefined> {
  return (await run(on, TIME_OF, [sequence])).rows[0];
}

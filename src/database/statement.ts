import pg from 'pg';
import { rethrowAsDomainError } from './domain-errors.js';
import { Execution, type Field, type Parameter, type Result, type Statement } from './execution.js';
import type { ReadConnection } from './read-connection.js';
import { requestTransaction, type RequestTransaction } from './request-transaction.js';
import { isStaleStatement } from './sqlstate.js';
import { asStatementRun } from './statement-channel.js';

export type { Statement } from './execution.js';

/**
 * Where a statement runs: on the pool, in a transaction (the client it was begun on), or on the connection for reads.
 * Within a request-wide transaction the pool and the connection for reads both stand for the client of that one.
 */
export type Queryable = pg.Pool | pg.ClientBase | ReadConnection;

/** @throws DomainError where a constraint or a lock stands for one */
export function run<Row>(on: Queryable, statement: Statement<Row>, values: readonly Parameter[]): Promise<Result<Row>> {
  return asStatementRun(statement.name, () => {
    const transaction = requestTransaction();
    const running =
      transaction === undefined
        ? runAlone(on, () => new Execution(statement, values))
        : runWithin(transaction, on, new Execution({ ...statement, name: '' }, values));
    return running.catch(rethrowAsDomainError);
  });
}

function runAlone<Row>(on: Queryable, make: () => Execution<Row>): Promise<Result<Row>> {
  return on instanceof pg.Pool ? onPool(on, make) : 'execute' in on ? on.execute(make) : make().runOn(on);
}

/** A prepared statement that no longer fits the schema would be the end of the transaction, so none is used in it. */
function runWithin<Row>(transaction: RequestTransaction, on: Queryable, execution: Execution<Row>) {
  const isPart = on instanceof pg.Pool || 'execute' in on;
  return isPart ? transaction.part((client) => execution.runOn(client)) : execution.runOn(on);
}

async function onPool<Row>(pool: pg.Pool, make: () => Execution<Row>): Promise<Result<Row>> {
  // Whatever its types say, a pool answers what is submitted with a promise too.
  const attempt = () => pool.query(make() as unknown as pg.Submittable) as unknown as Promise<Result<Row>>;
  try {
    return await attempt();
  } catch (error) {
    // The pool has dropped the connection whose prepared statement no longer fits.
    if (isStaleStatement(error)) return attempt();
    throw error;
  }
}

/** An expression of a SELECT list, and how its value is read. */
interface Column<Value> {
  readonly sql: string;
  readonly read: (field: Field) => Value;
}

const column =
  <Value>(read: (field: Field) => Value) =>
  (sql: string): Column<Value> => ({ sql, read });

export const text = <Value extends string = string>(sql: string) => column((field) => field as Value)(sql);
export const optionalText = <Value extends string = string>(sql: string) =>
  column((field) => field as Value | null)(sql);
export const flag = column((field) => field === 't');
export const optionalFlag = column((field) => (field === null ? null : field === 't'));
export const integer = column(Number);
export const bigInteger = column((field) => BigInt(field!));
export const json = column((field): unknown => (field === null ? null : JSON.parse(field)));
/** To be selected as milliseconds since 1970. */
export const time = (sql: string) => column((field) => new Date(Number(field)))(`extract(epoch FROM ${sql}) * 1000`);

/** Of an array of texts. */
export const textList = (sql: string) => column((field) => JSON.parse(field!) as readonly string[])(`to_json(${sql})`);

/** The columns of a row, each written once: for the SELECT list and for reading the answer, in the same order. */
export function columns<Row extends object>(definition: { readonly [Name in keyof Row]: Column<Row[Name]> }): {
  readonly list: string;
  readonly count: number;
  readonly rowOf: (fields: readonly Field[]) => Row;
} {
  const all = Object.entries<Column<unknown>>(definition);
  return {
    list: all.map(([, { sql }]) => sql).join(', '),
    count: all.length,
    rowOf: (fields) => {
      const row: Record<string, unknown> = {};
      for (let at = 0; at < all.length; at++) row[all[at]![0]] = all[at]![1].read(fields[at]!);
      return row as Row;
    },
  };
}

/** An array as a parameter, as Postgres reads it: every text is in quotes. */
export const arrayOf = (values: readonly (string | boolean | bigint | null | undefined)[]): string =>
  `{${values.map(elementOf).join()}}`;

const elementOf = (value: string | boolean | bigint | null | undefined) =>
  typeof value === 'string' ? `"${value.replace(/["\\]/g, '\\$&')}"` : String(value ?? 'NULL');

/** For a statement whose rows are only counted. */
export const NO_COLUMNS = () => undefined;

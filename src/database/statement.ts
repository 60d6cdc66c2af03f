import pg from 'pg';
import { rethrowAsDomainError } from './domain-errors.js';
import type { ReadConnection } from './read-connection.js';
import { isStaleStatement } from './sqlstate.js';

/** A statement that each connection prepares once, under its name. */
export interface Statement<Row = unknown> {
  /** Unique in the service. */
  readonly name: string;
  readonly text: string;
  /** Reads a row from its columns, in the statement's order. */
  readonly rowOf: (fields: readonly Field[]) => Row;
}

/** A column's value as Postgres writes it in text: `t` and `f` for a boolean. */
export type Field = string | null;
export type Parameter = string | number | boolean | null;

export interface Result<Row> {
  readonly rows: readonly Row[];
  /** Rows read, or written by a statement that writes. */
  readonly rowCount: number;
}

/** Where a statement runs: on the pool, in a transaction (the client it was begun on), or on the connection for reads. */
export type Queryable = pg.Pool | pg.ClientBase | ReadConnection;

/** @throws DomainError where a constraint or a lock stands for one */
export function run<Row>(on: Queryable, statement: Statement<Row>, values: readonly Parameter[]): Promise<Result<Row>> {
  const start = () => new Execution(statement, values);
  const running = on instanceof pg.Pool ? onPool(on, start) : 'execute' in on ? on.execute(start) : start().runOn(on);
  return running.catch(rethrowAsDomainError);
}

async function onPool<Row>(pool: pg.Pool, start: () => Execution<Row>): Promise<Result<Row>> {
  // Whatever its types say, a pool answers what is submitted with a promise too.
  const attempt = () => pool.query(start() as unknown as pg.Submittable) as unknown as Promise<Result<Row>>;
  try {
    return await attempt();
  } catch (error) {
    // The pool has dropped the connection whose prepared statement no longer fits.
    if (isStaleStatement(error)) return attempt();
    throw error;
  }
}

/** What `pg` hands to what is submitted. Its published types are of an older version. */
interface Connection {
  readonly stream: { cork(): void; uncork(): void };
  readonly parsedStatements: Readonly<Record<string, string | undefined>>;
  readonly submittedNamedStatements: Record<string, string | undefined>;
  parse(message: { name: string; text: string }): void;
  bind(message: { statement: string; values: readonly Parameter[]; valueMapper: typeof fieldOf }): void;
  execute(message: object): void;
  sync(): void;
}

/** A pipelined client takes only what is a query of `pg`. */
const PgQuery = pg.Query as unknown as new (text: string) => object;

/**
 * One run of a statement. A query of `pg` itself has Postgres describe the columns of every result, and reads each row by
 * that description; here both are known beforehand. What that saves is in docs/decisions/0020.
 */
export class Execution<Row> extends PgQuery {
  private readonly result = { rows: [] as Row[], rowCount: 0 };
  readonly name: string;
  readonly text: string;
  /** Set by the pool. */
  callback: ((error: Error | null, result?: Result<Row>) => void) | undefined = undefined;

  constructor(
    private readonly statement: Statement<Row>,
    private readonly parameters: readonly Parameter[],
  ) {
    super(statement.text);
    this.name = statement.name;
    this.text = statement.text;
  }

  /** A client, other than a pool, answers by callback. */
  runOn(client: pg.ClientBase): Promise<Result<Row>> {
    return new Promise((resolve, reject) => {
      this.callback = (error) => (error ? reject(error) : resolve(this.result));
      client.query(this as unknown as pg.Submittable);
    });
  }

  submit(connection: Connection): null {
    const { name, text } = this;
    // One write for all messages.
    connection.stream.cork();
    try {
      if ((connection.parsedStatements[name] ?? connection.submittedNamedStatements[name]) === undefined) {
        connection.parse({ name, text });
        connection.submittedNamedStatements[name] = text;
      }
      connection.bind({ statement: name, values: this.parameters, valueMapper: fieldOf });
      connection.execute({});
      connection.sync();
    } finally {
      connection.stream.uncork();
    }
    return null;
  }

  handleDataRow({ fields }: { fields: readonly Field[] }): void {
    this.result.rows.push(this.statement.rowOf(fields));
  }

  handleCommandComplete({ text }: { text: string }): void {
    this.result.rowCount = Number(text.slice(text.lastIndexOf(' ') + 1));
  }

  handleReadyForQuery(): void {
    this.callback?.(null, this.result);
  }

  handleError(error: Error): void {
    this.callback?.(error);
  }
}

const fieldOf = (value: Parameter): Field => (value === null ? null : String(value));

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

/** For a statement whose rows are only counted. */
export const NO_COLUMNS = () => undefined;

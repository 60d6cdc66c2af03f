import { createHash } from 'node:crypto';
import { Logger } from '@nestjs/common';
import pg from 'pg';
import { isStrangeStatement } from './sqlstate.js';

/** A statement that each connection prepares once, under its name. */
export interface Statement<Row = unknown> {
  /** Unique in the service. Empty: nothing is remembered, and it is prepared for this once. */
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

const preparedNames = new WeakMap<object, string>();

/**
 * The name and a hash of the text: a pooler may lend a connection on which another version of this service has prepared
 * its own statement under the same name.
 */
function preparedNameOf(statement: Statement): string {
  if (statement.name === '') return '';
  let name = preparedNames.get(statement);
  if (name === undefined) {
    name = `${statement.name}_${createHash('sha256').update(statement.text).digest('hex').slice(0, 12)}`;
    preparedNames.set(statement, name);
  }
  return name;
}

/** False once a pooler turned out not to keep prepared statements. */
let isPreparing = true;

function stopPreparing(): void {
  if (!isPreparing) return;
  isPreparing = false;
  new Logger('Statements').warn(
    'Statements are not prepared any more: a pooler lends connections by the transaction and does not know what is prepared on them. PgBouncer does from version 1.21, with max_prepared_statements.',
  );
}

/**
 * One run of a statement. A query of `pg` itself has Postgres describe the columns of every result, and reads each row by
 * that description; here both are known beforehand. What that saves is in docs/decisions/0020.
 */
export class Execution<Row> extends PgQuery {
  private readonly result = { rows: [] as Row[], rowCount: 0 };
  private failure: Error | null = null;
  readonly name: string;
  readonly text: string;
  /** Set by the pool. */
  callback: ((error: Error | null, result?: Result<Row>) => void) | undefined = undefined;

  constructor(
    private readonly statement: Statement<Row>,
    private readonly parameters: readonly Parameter[],
  ) {
    super(statement.text);
    this.name = isPreparing ? preparedNameOf(statement) : '';
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
      if (name === '') {
        connection.parse({ name, text });
      } else if ((connection.parsedStatements[name] ?? connection.submittedNamedStatements[name]) === undefined) {
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
    try {
      this.result.rows.push(this.statement.rowOf(fields));
    } catch (error) {
      // Thrown from here it would end the process. The answer is read to its end, so that the connection stays good.
      this.failure = error as Error;
    }
  }

  handleCommandComplete({ text }: { text: string }): void {
    this.result.rowCount = Number(text.slice(text.lastIndexOf(' ') + 1));
  }

  handleReadyForQuery(): void {
    this.callback?.(this.failure, this.result);
  }

  handleError(error: Error): void {
    if (isStrangeStatement(error)) stopPreparing();
    this.callback?.(error);
  }
}

const fieldOf = (value: Parameter): Field => (value === null ? null : String(value));

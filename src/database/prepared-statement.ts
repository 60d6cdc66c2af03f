import type pg from 'pg';

/** A column's value as Postgres writes it in text: `t` and `f` for a boolean. */
export type Field = string | null;
export type Parameter = string | number | boolean | null;

export interface Result<Row> {
  readonly rows: readonly Row[];
  /** Rows read, or written by a statement that writes. */
  readonly rowCount: number;
}

/**
 * A statement that each connection parses once, and whose columns are known. `pg` by itself has Postgres describe the
 * columns of every result anew, which costs both more than a small row does; here a row is read by their order.
 */
export class PreparedStatement<Row> {
  /**
   * @param name unique among the statements of a connection
   * @param rowOf reads a row from its columns, in the statement's order
   */
  constructor(
    readonly name: string,
    readonly text: string,
    private readonly rowOf: (fields: readonly Field[]) => Row,
  ) {}

  run(pool: pg.Pool, parameters: readonly Parameter[]): Promise<Result<Row>> {
    const execution = new Execution(this.name, this.text, parameters, this.rowOf);
    // Whatever its types say, a pool answers what is submitted with a promise too.
    return pool.query(execution as unknown as pg.Submittable) as unknown as Promise<Result<Row>>;
  }
}

/** What `pg` hands to what is submitted. Its published types are of an older version. */
interface Connection {
  readonly stream: { cork(): void; uncork(): void };
  readonly parsedStatements: Readonly<Record<string, string | undefined>>;
  parse(message: { name: string; text: string }): void;
  bind(message: { statement: string; values: readonly Parameter[]; valueMapper: typeof fieldOf }): void;
  execute(message: object): void;
  sync(): void;
}

/** One run of a statement. `pg` calls these methods as Postgres' messages arrive. */
class Execution<Row> implements Result<Row> {
  readonly rows: Row[] = [];
  rowCount = 0;
  /** Set by the client. */
  callback: ((error: Error | null, result?: Result<Row>) => void) | undefined = undefined;

  constructor(
    readonly name: string,
    readonly text: string,
    private readonly parameters: readonly Parameter[],
    private readonly rowOf: (fields: readonly Field[]) => Row,
  ) {}

  submit(connection: Connection): void {
    // One write for all messages.
    connection.stream.cork();
    try {
      if (connection.parsedStatements[this.name] === undefined) connection.parse(this);
      connection.bind({ statement: this.name, values: this.parameters, valueMapper: fieldOf });
      connection.execute({});
      connection.sync();
    } finally {
      connection.stream.uncork();
    }
  }

  handleDataRow({ fields }: { fields: readonly Field[] }): void {
    this.rows.push(this.rowOf(fields));
  }

  handleCommandComplete({ text }: { text: string }): void {
    this.rowCount = Number(text.slice(text.lastIndexOf(' ') + 1));
  }

  handleReadyForQuery(): void {
    this.callback?.(null, this);
  }

  handleError(error: Error): void {
    this.callback?.(error);
  }
}

const fieldOf = (value: Parameter): Field => (value === null ? null : String(value));

import { Injectable, Logger } from '@nestjs/common';
import pg from 'pg';
import { isPooledByTransaction } from '../config/pooling.js';
import type { Execution, Result } from './execution.js';
import { CONNECT_TIMEOUT_MS, onPrimary } from './pool.js';
import { isStaleStatement, sqlStateOf } from './sqlstate.js';

/** For how long a slow read may hold up those behind it: Postgres ends it then. */
const STATEMENT_TIMEOUT_MS = 1_000;
/** A connection that says nothing from one look to the next, while something is asked of it, is given up. */
const SILENCE_MS = 2_000;

/**
 * One connection for reads that never wait for a row lock. It is pipelined: each read is sent at once, and Postgres
 * answers them in turn. It mends itself; a read that was on it when it broke is asked again on a fresh one.
 *
 * Measured beside a pool of ten with the same statement (GET one, 16 clients): see docs/decisions/0020.
 */
@Injectable()
export class ReadConnection {
  private readonly logger = new Logger(ReadConnection.name);
  private current?: Promise<Pipeline>;

  /** @param config of any connection to the same database, such as that of the pool */
  constructor(private readonly config: pg.ClientConfig) {}

  /** @param start makes the run of a statement; again, when it has to be asked again */
  async execute<Row>(start: () => Execution<Row>): Promise<Result<Row>> {
    const connecting = this.connect();
    const pipeline = await connecting;
    try {
      return await pipeline.execute(start());
    } catch (error) {
      const isBroken = isConnectionLost(error);
      if (!isBroken && !isStaleStatement(error)) throw error;
      if (this.current === connecting) {
        this.current = undefined;
        if (isBroken) this.logger.warn(`The connection for reads broke, a new one is made: ${String(error)}`);
      }
      void pipeline.end();
    }
    return (await this.connect()).execute(start());
  }

  async end(): Promise<void> {
    await this.current?.then(
      (pipeline) => pipeline.end(),
      () => undefined,
    );
  }

  private connect(): Promise<Pipeline> {
    if (this.current) return this.current;
    const connecting = Pipeline.open(this.config);
    this.current = connecting;
    connecting.catch(() => {
      if (this.current === connecting) this.current = undefined;
    });
    return connecting;
  }
}

/** One `pg` connection in pipeline mode, watched for silence. */
class Pipeline {
  private inFlight = 0;
  private hasAnswered = true;
  private isHolding = false;
  private readonly watch = setInterval(() => this.endIfSilent(), SILENCE_MS).unref();

  private constructor(private readonly client: pg.Client) {}

  static async open(config: pg.ClientConfig): Promise<Pipeline> {
    const client = new pg.Client({ ...config, pipeline: true, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
    // Whatever is asked of a connection that broke fails with the reason.
    client.on('error', () => undefined);
    await client.connect();
    try {
      const isPooled = isPooledByTransaction(config.connectionString);
      await onPrimary(client, isPooled ? '' : `SET statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
    } catch (error) {
      void client.end().catch(() => undefined);
      throw error;
    }
    return new Pipeline(client);
  }

  async execute<Row>(execution: Execution<Row>): Promise<Result<Row>> {
    if (this.inFlight++ === 0) this.hasAnswered = true;
    this.holdWrites();
    try {
      return await execution.runOn(this.client);
    } finally {
      this.inFlight--;
      this.hasAnswered = true;
    }
  }

  /** Reads of requests that came in together go to Postgres in one write. */
  private holdWrites(): void {
    if (this.isHolding) return;
    this.isHolding = true;
    const { stream } = this.client.connection;
    stream.cork();
    setImmediate(() => {
      this.isHolding = false;
      stream.uncork();
    });
  }

  /** What is under way is answered first. */
  async end(): Promise<void> {
    clearInterval(this.watch);
    await this.client.end().catch(() => undefined);
  }

  private endIfSilent(): void {
    if (this.inFlight > 0 && !this.hasAnswered) this.client.connection.stream.destroy();
    this.hasAnswered = false;
  }
}

/** No word of Postgres at all, or that it ends the connection (class 08, and shutdown or crash in class 57P). */
function isConnectionLost(error: unknown): boolean {
  const code = sqlStateOf(error);
  return code === undefined || /^(08|57P)/.test(code);
}

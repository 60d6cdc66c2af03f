import { Logger } from '@nestjs/common';
import type pg from 'pg';
import { connectionConfig, prepareSession, SocketClient } from '../pool.js';
import { isConnectionLost, isStaleStatement } from '../sqlstate.js';

/** Postgres cancels a read after this time, because those behind it wait for it. */
const STATEMENT_TIMEOUT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** A connection that sends nothing for this time while a read is waiting is closed. */
const SILENCE_MS = 2_000;

/**
 * One pipelined connection, for hot reads that wait for no lock: each is sent at once, and Postgres answers in order.
 * The connection is opened on demand and replaced when it breaks; its reads are then sent once more. bench/RESULTS.md
 * compares it with a pool.
 */
export class ReadPipeline {
  private readonly logger = new Logger(ReadPipeline.name);
  private current?: Promise<Pipeline>;

  constructor(private readonly url: string) {}

  async query(query: pg.QueryConfig): Promise<pg.QueryResult> {
    const connecting = this.connect();
    const pipeline = await connecting;
    try {
      return await pipeline.query(query);
    } catch (error) {
      const isBroken = isConnectionLost(error);
      if (!isBroken && !isStaleStatement(error)) throw error;
      if (this.current === connecting) {
        this.current = undefined;
        if (isBroken) this.logger.warn(`The connection for reads broke and is replaced: ${String(error)}`);
      }
      void pipeline.end();
    }
    return (await this.connect()).query(query);
  }

  /** Waits for the running reads, and closes the connection. */
  async end(): Promise<void> {
    const pipeline = await this.current?.catch(() => undefined);
    await pipeline?.end();
  }

  private connect(): Promise<Pipeline> {
    return (this.current ??= Pipeline.open(this.url).catch((error: unknown) => {
      this.current = undefined;
      throw error;
    }));
  }
}

/** A client of `pg` in pipeline mode. */
class Pipeline {
  private inFlight = 0;
  private hasAnswered = true;
  private readonly watch = setInterval(() => this.endIfSilent(), SILENCE_MS).unref();

  private constructor(private readonly client: SocketClient) {}

  static async open(url: string): Promise<Pipeline> {
    const client = new SocketClient({
      ...connectionConfig(url),
      pipeline: true,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    await client.connect();
    try {
      await prepareSession(client, url, STATEMENT_TIMEOUT_MS);
    } catch (error) {
      void client.end().catch(() => undefined);
      throw error;
    }
    return new Pipeline(client);
  }

  async query(query: pg.QueryConfig): Promise<pg.QueryResult> {
    if (this.inFlight++ === 0) this.hasAnswered = true;
    this.holdWrites();
    try {
      return await this.client.query(query);
    } finally {
      this.inFlight--;
      this.hasAnswered = true;
    }
  }

  /** Sends the reads of one turn of the event loop to Postgres in one write. */
  private holdWrites(): void {
    const { socket } = this.client;
    if (socket.writableCorked > 0) return;
    socket.cork();
    setImmediate(() => socket.uncork());
  }

  async end(): Promise<void> {
    clearInterval(this.watch);
    await this.client.end().catch(() => undefined);
  }

  private endIfSilent(): void {
    if (this.inFlight > 0 && !this.hasAnswered) this.client.socket.destroy();
    this.hasAnswered = false;
  }
}

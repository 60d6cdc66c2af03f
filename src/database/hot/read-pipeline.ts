import { Logger } from '@nestjs/common';
import type pg from 'pg';
import { connectionConfig, prepareSession, SocketClient } from '../pool.js';
import { isConnectionLost, isStaleStatement } from '../sqlstate.js';

/** How long a slow read may hold up those behind it: Postgres ends it then. */
const STATEMENT_TIMEOUT_MS = 1_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** A connection that says nothing from one look to the next, while it is asked something, is given up. */
const SILENCE_MS = 2_000;

/**
 * One pipelined connection, for hot reads that wait for no lock: each is sent at once, and Postgres answers them in
 * turn. The connection is made on demand and replaced when it breaks; a read that was on it is then asked once more.
 * bench/RESULTS.md has it beside a pool.
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
        if (isBroken) this.logger.warn(`The connection for reads broke, a new one is made: ${String(error)}`);
      }
      void pipeline.end();
    }
    return (await this.connect()).query(query);
  }

  /** Waits for the reads that were asked. */
  async end(): Promise<void> {
    await this.current?.then(
      (pipeline) => pipeline.end(),
      () => undefined,
    );
  }

  private connect(): Promise<Pipeline> {
    if (this.current) return this.current;
    const connecting = Pipeline.open(this.url);
    this.current = connecting;
    connecting.catch(() => {
      if (this.current === connecting) this.current = undefined;
    });
    return connecting;
  }
}

/** A client of `pg` in pipeline mode that is watched for silence. */
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
    // The reads that were asked fail with the reason.
    client.on('error', () => undefined);
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

  /** The reads of requests that came in together go to Postgres in one write. */
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

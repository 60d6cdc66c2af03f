import { channel } from 'node:diagnostics_channel';
import { Socket } from 'node:net';
import pg from 'pg';
import { isPooledByTransaction } from '../config/pooling.js';

const STATEMENT_TIMEOUT_MS = 10_000;
/** How long a write waits for a row that another transaction has locked. */
const LOCK_TIMEOUT_MS = 2_000;
/** When TCP starts to check an idle connection; the system's default is two hours. */
const KEEP_ALIVE_MS = 10_000;
/** Longer than any statement may take. */
const SILENCE_MS = 15_000;

/** How long a transaction or a hot write waited for a connection, opening a new one included. */
export interface ConnectionWait {
  readonly milliseconds: number;
  readonly isGranted: boolean;
}

/** Publishes each {@link ConnectionWait}. */
export const connectionWaits = channel('vestibule:database.connection-wait');

/** Starts to time a wait for a connection. Costs nothing without subscribers. */
export function connectionWait(): (isGranted: boolean) => void {
  if (!connectionWaits.hasSubscribers) return () => undefined;
  const askedAt = performance.now();
  return (isGranted) =>
    connectionWaits.publish({ milliseconds: performance.now() - askedAt, isGranted } satisfies ConnectionWait);
}

export interface PoolOptions {
  readonly max: number;
  /** How long a caller waits for a connection, opening a new one included. */
  readonly waitMs: number;
  readonly onIdleError?: (error: Error) => void;
  /** A connection in use that sends and receives nothing for this time is closed. */
  readonly silenceMs?: number;
}

/** Creates a pool, for Prisma and for hot writes. */
export function createPool(
  url: string,
  { max, waitMs, onIdleError = () => undefined, silenceMs = SILENCE_MS }: PoolOptions,
): pg.Pool {
  const config: pg.PoolConfig = {
    ...connectionConfig(url),
    Client: SocketClient as unknown as new () => pg.ClientBase,
    max,
    connectionTimeoutMillis: waitMs,
    // eslint-disable-next-line @typescript-eslint/no-misused-promises -- the pool awaits it; only its types say void
    onConnect: (client) => prepareSession(client, url, STATEMENT_TIMEOUT_MS),
  };
  // TCP takes a quarter of an hour to notice that the server of a connection in use is gone.
  return new pg.Pool(config)
    .on('error', onIdleError)
    .on('acquire', (client) => socketOf(client).setTimeout(silenceMs))
    .on('release', (_error, client) => socketOf(client).setTimeout(0));
}

/** The options that all connections share. */
export const connectionConfig = (url: string): pg.ClientConfig => ({
  connectionString: url,
  application_name: 'vestibule',
  keepAlive: true,
  keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
  types,
});

/** By default `pg` returns a bigint as a string. */
const types = new pg.TypeOverrides();
types.setTypeParser(pg.types.builtins.INT8, BigInt);

/**
 * Sets the time limits of a new connection, by statements because connection poolers refuse start-up parameters. Behind a
 * pooler in transaction mode they would leak to other clients, so there the role must have them.
 *
 * @throws Error when the server is a standby, which accepts no writes and may return outdated rows
 */
export async function prepareSession(client: pg.ClientBase, url: string, statementTimeoutMs: number): Promise<void> {
  const settings = isPooledByTransaction(url)
    ? ''
    : `SET statement_timeout = ${statementTimeoutMs};
       SET lock_timeout = ${LOCK_TIMEOUT_MS};
       SET default_transaction_isolation = 'read committed';`;
  const results: unknown = await client.query(`${settings} SELECT pg_is_in_recovery() AS standby`);
  const last = [results as pg.QueryResult<{ standby: boolean }>].flat().at(-1)!;
  if (last.rows[0]!.standby) throw new Error('The database is a standby');
}

/** A client of `pg` with access to its socket, which is closed when a timeout that was set on it passes. */
export class SocketClient extends pg.Client {
  readonly socket: Socket;

  constructor(config: pg.ClientConfig) {
    const socket = new Socket();
    super({ ...config, stream: () => socket });
    this.socket = socket.on('timeout', () => socket.destroy());
    // Without a listener, a lent connection that breaks between two statements would end the process.
    this.on('error', () => undefined);
  }
}

const socketOf = (client: pg.ClientBase): Socket => (client as unknown as SocketClient).socket;

/** Replaces the idle connections: their server is gone or read-only, or the schema of what they prepared has changed. */
export function replaceIdleConnections(pool: pg.Pool): void {
  for (let idle = pool.idleCount; idle > 0; idle--) {
    pool.connect().then(
      (client) => client.release(true),
      () => undefined,
    );
  }
}

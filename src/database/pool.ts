import { channel } from 'node:diagnostics_channel';
import type { EventEmitter } from 'node:events';
import pg from 'pg';
import { isPooledByTransaction } from '../config/pooling.js';
import { clientForPrisma } from './request-transaction.js';
import { giveUpWhenSilent } from './silence.js';
import { isReadOnly, leavesConnectionGood } from './sqlstate.js';

/** Also how long a request waits for its turn on the pool. */
export const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 10_000;
/** An idle connection whose server is gone is found out some 10 s after this; the system's own time is two hours. */
const KEEP_ALIVE_MS = 10_000;
/** How long a write waits for a row that somebody else has locked. */
const LOCK_TIMEOUT_MS = 2_000;

/** How long somebody waited for a connection of the pool, the making of a new one included. */
export interface ConnectionWait {
  readonly milliseconds: number;
  readonly isGranted: boolean;
}

/** Where whoever measures hears of each, as a {@link ConnectionWait}. */
export const connectionWaits = channel('vestibule:database.connection-wait');

/**
 * The connections to Postgres for everything that may wait for a lock: writes, transactions and Prisma's queries. An
 * idle one that breaks is dropped and replaced on demand.
 */
export function createPool(url: string, size: number, onIdleError: (error: Error) => void = () => undefined): pg.Pool {
  const pool = new Pool({
    connectionString: url,
    max: size,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'vestibule',
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    onConnect: isPooledByTransaction(url) ? keepPooledSession : configureSession,
  });
  pool.on('error', onIdleError);
  return pool;
}

/**
 * Not by start-up parameters, which connection poolers refuse, and not by a timer here for every query. The isolation is
 * what the statements rely on, whatever the database's default is. The pool waits for this before it hands out a new
 * connection; its types do not say so.
 */
const configureSession = ((client: pg.ClientBase) => {
  giveUpWhenSilent(client);
  return onPrimary(
    client,
    `SET statement_timeout = ${STATEMENT_TIMEOUT_MS};
     SET lock_timeout = ${LOCK_TIMEOUT_MS};
     SET default_transaction_isolation = 'read committed'`,
  );
}) as unknown as (client: pg.ClientBase) => void;

/** The role brings the settings along: they would stay with the connection that the pooler lent for this statement. */
const keepPooledSession = ((client: pg.ClientBase) => {
  giveUpWhenSilent(client);
  return onPrimary(client);
}) as unknown as (client: pg.ClientBase) => void;

/**
 * Prepares a new connection, unless a failover is under way and it has led to a standby: that takes no writes, and what
 * is read there may be of before.
 */
export async function onPrimary(client: pg.ClientBase, settings = ''): Promise<void> {
  const results: unknown = await client.query(`${settings}; SELECT pg_is_in_recovery() AS standby`);
  const last = [results as pg.QueryResult<{ standby: boolean }>].flat().at(-1)!;
  if (last.rows[0]!.standby) throw new Error('The database is a standby');
}

/**
 * `pg`'s pool closes the connection of every query that fails, also where Postgres only refused a row, and keeps that of
 * every transaction, also where it can serve nobody any more. This one goes by what Postgres said.
 */
class Pool extends pg.Pool {
  private readonly unfit = new WeakSet<pg.PoolClient>();
  private readonly open = new Set<pg.PoolClient>();

  constructor(config: pg.PoolConfig) {
    super(config);
    this.on('connect', (client) => {
      client.connection.on('errorMessage', (error: Error) => {
        if (!leavesConnectionGood(error)) this.unfit.add(client);
        if (isReadOnly(error)) this.replaceAll();
      });
      this.open.add(client);
    });
    this.on('remove', (client) => this.open.delete(client));
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | void {
    const lent = callback ? undefined : clientForPrisma();
    if (lent) return Promise.resolve(lent);
    if (!connectionWaits.hasSubscribers) return callback ? super.connect(callback) : super.connect();
    const askedAt = performance.now();
    const tell = (isGranted: boolean) => {
      connectionWaits.publish({ milliseconds: performance.now() - askedAt, isGranted } satisfies ConnectionWait);
    };
    if (callback) {
      return super.connect((error, client, release) => {
        tell(error === undefined || error === null);
        callback(error, client, release);
      });
    }
    const connecting = super.connect();
    connecting.then(
      () => tell(true),
      () => tell(false),
    );
    return connecting;
  }

  /** What one connection has found out about the server holds for the others. */
  private replaceAll(): void {
    for (const client of this.open) this.unfit.add(client);
    for (let idle = this.idleCount; idle > 0; idle--) super.connect((_error, _client, release) => release(true));
  }

  override _release(client: pg.PoolClient, onIdleError: unknown, error?: unknown): void {
    super._release(client, onIdleError, this.unfit.has(client) || (leavesConnectionGood(error) ? undefined : error));
  }
}

type ConnectCallback = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  release: (destroy?: unknown) => void,
) => void;

declare module 'pg' {
  interface Pool {
    /** How it takes a connection back; left out of its types. */
    _release(client: pg.PoolClient, onIdleError: unknown, error?: unknown): void;
  }
  interface ClientBase {
    /** The protocol's own events; left out of its types. */
    readonly connection: EventEmitter;
  }
}

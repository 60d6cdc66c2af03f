import { channel } from 'node:diagnostics_channel';
import type { EventEmitter } from 'node:events';
import pg from 'pg';
import { clientForPrisma } from './request-transaction.js';
import { leavesConnectionGood } from './sqlstate.js';

/** Also how long a request waits for its turn on the pool. */
export const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 10_000;
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
    onConnect: configureSession,
  });
  pool.on('error', onIdleError);
  return pool;
}

/**
 * Not by start-up parameters, which connection poolers refuse, and not by a timer here for every query. The isolation is
 * what the statements rely on, whatever the database's default is. The pool waits for this before it hands out a new
 * connection; its types do not say so.
 */
const configureSession = ((client: pg.ClientBase) =>
  client.query(`
    SET statement_timeout = ${STATEMENT_TIMEOUT_MS};
    SET lock_timeout = ${LOCK_TIMEOUT_MS};
    SET default_transaction_isolation = 'read committed'`)) as unknown as (client: pg.ClientBase) => void;

/**
 * `pg`'s pool closes the connection of every query that fails, also where Postgres only refused a row, and keeps that of
 * every transaction, also where it can serve nobody any more. This one goes by what Postgres said.
 */
class Pool extends pg.Pool {
  private readonly unfit = new WeakSet<pg.PoolClient>();

  constructor(config: pg.PoolConfig) {
    super(config);
    this.on('connect', (client) => {
      client.connection.on('errorMessage', (error: Error) => {
        if (!leavesConnectionGood(error)) this.unfit.add(client);
      });
    });
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

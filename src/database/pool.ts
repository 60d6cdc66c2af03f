import type { EventEmitter } from 'node:events';
import pg from 'pg';
import { clientForPrisma } from './request-transaction.js';
import { leavesConnectionGood } from './sqlstate.js';

/** Also how long a request waits for its turn on the pool. */
export const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 10_000;
/** How long a write waits for a row that somebody else has locked. */
const LOCK_TIMEOUT_MS = 2_000;

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

type Callback = Parameters<pg.Pool['connect']>[0];

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
  override connect(callback: Callback): void;
  override connect(callback?: Callback): Promise<pg.PoolClient> | void {
    if (callback !== undefined) return super.connect(callback);
    const lent = clientForPrisma();
    return lent === undefined ? super.connect() : Promise.resolve(lent);
  }

  override _release(client: pg.PoolClient, onIdleError: unknown, error?: unknown): void {
    super._release(client, onIdleError, this.unfit.has(client) || (leavesConnectionGood(error) ? undefined : error));
  }
}

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

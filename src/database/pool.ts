import { channel } from 'node:diagnostics_channel';
import type { EventEmitter } from 'node:events';
import pg from 'pg';
import { isPooledByTransaction } from '../config/pooling.js';
import { clientForPrisma } from './request-transaction.js';
import { giveUpWhenSilent } from './silence.js';
import { isReadOnly, leavesConnectionGood } from './sqlstate.js';
import { WaitingLine } from './waiting-line.js';

/** How long the making of a connection may take. */
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

export interface PoolOptions {
  /** How long anybody waits for a connection when all are lent. */
  readonly waitMs?: number;
  readonly onIdleError?: (error: Error) => void;
}

/**
 * The connections to Postgres for everything that may wait for a lock: writes, transactions and Prisma's queries. An
 * idle one that breaks is dropped and replaced on demand.
 */
export function createPool(
  url: string,
  size: number,
  { waitMs = CONNECT_TIMEOUT_MS, onIdleError = () => undefined }: PoolOptions = {},
): Pool {
  const config = {
    connectionString: url,
    max: size,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'vestibule',
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    onConnect: isPooledByTransaction(url) ? keepPooledSession : configureSession,
  };
  return new Pool(config, waitMs).on('error', onIdleError);
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
 * every transaction, also where it can serve nobody any more. This one goes by what Postgres said. And whoever finds all
 * connections lent waits here, in a line that is bounded, and not in that of `pg`, which is neither.
 */
export class Pool extends pg.Pool {
  private readonly unfit = new WeakSet<pg.PoolClient>();
  private readonly line: WaitingLine;
  private readonly open = new Set<pg.PoolClient>();

  constructor(
    config: pg.PoolConfig,
    readonly waitMs: number,
  ) {
    super(config);
    this.line = new WaitingLine('connection', this.options.max, waitMs);
    this.on('connect', (client) => {
      client.connection.on('errorMessage', (error: Error) => {
        if (!leavesConnectionGood(error)) this.unfit.add(client);
        if (isReadOnly(error)) this.replaceAll();
      });
      this.open.add(client);
    });
    this.on('remove', (client) => {
      this.open.delete(client);
      this.lendFree();
    });
  }

  /** Connections that are lent, or being made for somebody. */
  get inUse(): number {
    return this.totalCount - this.idleCount;
  }

  /** How many wait for a connection. */
  get waiting(): number {
    return this.line.length;
  }

  override connect(): Promise<pg.PoolClient>;
  override connect(callback: ConnectCallback): void;
  override connect(callback?: ConnectCallback): Promise<pg.PoolClient> | void {
    if (callback) return this.lendTo(callback);
    const lent = clientForPrisma();
    if (lent) return Promise.resolve(lent);
    return new Promise((resolve, reject) => {
      this.lendTo((error, client) => (client ? resolve(client) : reject(error!)));
    });
  }

  /** What one connection has found out about the server holds for the others. */
  private replaceAll(): void {
    for (const client of this.open) this.unfit.add(client);
    for (let idle = this.idleCount; idle > 0; idle--) super.connect((_error, _client, release) => release(true));
  }

  override _release(client: pg.PoolClient, onIdleError: unknown, error?: unknown): void {
    super._release(client, onIdleError, this.unfit.has(client) || (leavesConnectionGood(error) ? undefined : error));
    this.lendFree();
  }

  private lendTo(borrower: ConnectCallback): void {
    const callback = connectionWaits.hasSubscribers ? measuring(borrower) : borrower;
    const lend = () =>
      super.connect((error, client, release) => {
        callback(error, client, release);
        if (error) this.lendFree();
      });
    if (this.hasFree()) lend();
    else this.line.join('', (error) => (error ? callback(error, undefined, () => undefined) : lend()));
  }

  /** `pg` has a line too, in which those stand for a moment to whom an idle connection is given. */
  private hasFree(): boolean {
    return this.idleCount + this.options.max - this.totalCount > this.waitingCount;
  }

  private readonly lendFree = (): void => {
    while (this.line.length > 0 && this.hasFree()) this.line.admit();
  };
}

function measuring(callback: ConnectCallback): ConnectCallback {
  const askedAt = performance.now();
  return (error, client, release) => {
    connectionWaits.publish({
      milliseconds: performance.now() - askedAt,
      isGranted: client !== undefined,
    } satisfies ConnectionWait);
    callback(error, client, release);
  };
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

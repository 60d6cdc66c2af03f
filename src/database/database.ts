import { PrismaPg } from '@prisma/adapter-pg';
import pg from 'pg';
import { PrismaClient } from './generated/client.js';
import { organizationConnectionStatements } from './organization-connection.statements.js';
import { refuse } from './refuse.js';

export { Prisma } from './generated/client.js';
export type {
  Connection,
  MachineClient,
  Organization,
  OrganizationDiscoveryDomain,
  SigningKey,
  User,
} from './generated/client.js';

/** Also how long a request waits for its turn on the pool. */
const CONNECT_TIMEOUT_MS = 10_000;
const STATEMENT_TIMEOUT_MS = 10_000;
/** How long a transaction waits for a connection, and how long it may take. Prisma's own limits give up under load. */
const TRANSACTION_OPTIONS = { maxWait: 10_000, timeout: 15_000 };

/** Of `pg`'s pool, which closes the connection of every query that fails, also where Postgres only refused a row. */
class Pool extends pg.Pool {
  override _release(client: pg.PoolClient, onIdleError: unknown, error?: unknown): void {
    super._release(client, onIdleError, isRefusal(error) ? undefined : error);
  }
}

declare module 'pg' {
  interface Pool {
    /** How it takes a connection back; left out of its types. */
    _release(client: pg.PoolClient, onIdleError: unknown, error?: unknown): void;
  }
}

/** After FATAL and worse the connection is gone; after ERROR it is as good as before. */
const isRefusal = (error: unknown) => error instanceof pg.DatabaseError && error.severity === 'ERROR';

/** The connections to Postgres that everything shares. An idle one that breaks is dropped and replaced on demand. */
export function createPool(url: string, size: number, onIdleError: (error: Error) => void = () => undefined): pg.Pool {
  const pool = new Pool({
    connectionString: url,
    max: size,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'vestibule',
    keepAlive: true,
    // Not as a start-up parameter, which connection poolers refuse, and not by a timer here for every query.
    onConnect: limitStatements,
  });
  pool.on('error', onIdleError);
  return pool;
}

/** The pool waits for this before it hands out a new connection; its types do not say so. */
const limitStatements = ((client: pg.ClientBase) =>
  client.query(
    `SET statement_timeout = ${STATEMENT_TIMEOUT_MS}; SET default_transaction_isolation = 'read committed'`,
  )) as unknown as (client: pg.ClientBase) => void;

/**
 * Prisma's client on the shared pool, with the hot statements as further methods. A broken constraint comes out as the
 * refusal it stands for.
 */
export function createPrisma(pool: pg.Pool) {
  return new PrismaClient({
    adapter: new PrismaPg(pool),
    errorFormat: 'minimal',
    transactionOptions: TRANSACTION_OPTIONS,
  })
    .$extends({ query: { $allOperations: ({ args, query }) => query(args).catch(refuse) } })
    .$extends(organizationConnectionStatements(pool));
}

export type Database = ReturnType<typeof createPrisma>;

/** Injection tokens: neither has a class of its own. */
export const DATABASE = Symbol('Database');
export const POOL = Symbol('Pool');

import { PrismaPg } from '@prisma/adapter-pg';
import type { SqlQuery } from '@prisma/driver-adapter-utils';
import type pg from 'pg';
import { isPooledByTransaction } from '../config/pooling.js';
import { rethrowAsDomainError } from './domain-errors.js';
import { excludeSoftDeleted } from './exclude-soft-deleted.js';
import { PrismaClient } from './generated/client.js';
import { asStatementRun } from './statement-channel.js';

export { Prisma } from './generated/client.js';
export type {
  Connection,
  ConnectionSecrets,
  EventDelivery,
  EventStream,
  MachineClient,
  Organization,
  OrganizationDiscoveryDomain,
  SigningKey,
  User,
} from './generated/client.js';

/**
 * How long a transaction may wait for a connection, and last. The pool gives up first, by POOL_WAIT_MS: Prisma does not
 * handle a connection that fails after it has stopped waiting, which would end the process.
 */
const TRANSACTION_OPTIONS = { maxWait: 90_000, timeout: 15_000 };

/**
 * Prisma's client on a pool. Refusals by a constraint or a lock are thrown as the DomainError they stand for.
 *
 * @param isPrepared whether each connection prepares a statement once; one that no longer fits the schema fails then
 */
export const createClient = (pool: pg.Pool, isPrepared = !isPooledByTransaction(pool.options.connectionString)) =>
  new PrismaClient({
    adapter: new PrismaPg(pool, isPrepared ? { statementNameGenerator } : {}),
    errorFormat: 'minimal',
    transactionOptions: TRANSACTION_OPTIONS,
  }).$extends({
    query: {
      $allOperations: ({ model, operation, args, query }) =>
        asStatementRun(model === undefined ? operation : `${model}.${operation}`, () =>
          query(excludeSoftDeleted(model, operation, args)).catch(rethrowAsDomainError),
        ),
    },
  });

export type Client = ReturnType<typeof createClient>;
export type Transaction = Parameters<Parameters<Client['$transaction']>[0]>[0];

/** A connection keeps what it has prepared, and the text of a statement depends on the length of its lists. */
const MOST_NAMES = 500;
const MOST_PARAMETERS = 50;
/** Postgres prepares a statement of this name anew each time. */
const UNNAMED = '';
const names = new Map<string, string>();

/** Names a statement, so that each connection prepares it once. Rare ones, and those with a name of their own, get none. */
function statementNameGenerator({ sql, args }: SqlQuery): string {
  const known = names.get(sql);
  if (known !== undefined) return known;
  if (names.size === MOST_NAMES || args.length > MOST_PARAMETERS || /SAVEPOINT|^SET/.test(sql)) return UNNAMED;
  const name = `prisma_${names.size}`;
  names.set(sql, name);
  return name;
}

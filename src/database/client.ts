import { PrismaPg } from '@prisma/adapter-pg';
import type { SqlQuery } from '@prisma/driver-adapter-utils';
import type pg from 'pg';
import { isPooledByTransaction } from '../config/pooling.js';
import { rethrowAsDomainError } from './domain-errors.js';
import { excludeSoftDeleted } from './exclude-soft-deleted.js';
import { PrismaClient } from './generated/client.js';
import { asStatementRun } from './statement-channel.js';

export { Prisma } from './generated/client.js';
export type * from './generated/client.js';

/**
 * Creates Prisma's client on a pool. Violated constraints and lock timeouts are thrown as the DomainError they map to.
 *
 * @param isPrepared whether connections keep prepared statements, which fail after a change of the schema
 */
export const createClient = (pool: pg.Pool, isPrepared = !isPooledByTransaction(pool.options.connectionString)) =>
  new PrismaClient({
    adapter: new PrismaPg(pool, isPrepared ? { statementNameGenerator } : {}),
    errorFormat: 'minimal',
    // The pool must time out first: a connection that fails after Prisma has stopped waiting would end the process.
    transactionOptions: { maxWait: 90_000, timeout: 15_000 },
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

/** Limits on prepared statements: a connection keeps them all, and the length of a list is part of a statement's text. */
const MOST_NAMES = 500;
const MOST_PARAMETERS = 50;
const names = new Map<string, string>();

/** Names a statement so that each connection prepares it once. Rare and long ones stay unnamed, and are not kept. */
function statementNameGenerator({ sql, args }: SqlQuery): string {
  const known = names.get(sql);
  if (known !== undefined) return known;
  if (names.size === MOST_NAMES || args.length > MOST_PARAMETERS || /SAVEPOINT|^SET/.test(sql)) return '';
  const name = `prisma_${names.size}`;
  names.set(sql, name);
  return name;
}

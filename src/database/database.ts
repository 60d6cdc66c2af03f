import { PrismaPg } from '@prisma/adapter-pg';
import type pg from 'pg';
import { rethrowAsDomainError } from './domain-errors.js';
import { followingTransactions } from './following-transactions.js';
import { PrismaClient } from './generated/client.js';
import { ofWhatIsThere } from './presence.js';
import { requestTransaction } from './request-transaction.js';
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
 * How long a transaction waits for a connection, and how long it may take. Prisma's own limits give up under load. And the
 * pool has to give up first, with the most that `POOL_WAIT_MS` takes too: of a refusal that comes after Prisma has stopped
 * waiting for it nobody would take care, and that ends the process.
 */
const TRANSACTION_OPTIONS = { maxWait: 90_000, timeout: 15_000 };

/** Prisma's client on the shared pool. What a constraint or a lock refuses comes out as the domain error it stands for. */
export const createPrisma = (pool: pg.Pool): Database => followingTransactions(connectPrisma(pool));

const connectPrisma = (pool: pg.Pool) =>
  new PrismaClient({
    adapter: new PrismaPg(pool),
    errorFormat: 'minimal',
    transactionOptions: TRANSACTION_OPTIONS,
  }).$extends({
    query: {
      $allOperations: ({ model, operation, args, query }) =>
        asStatementRun(model === undefined ? operation : `${model}.${operation}`, () =>
          inPart(() => query(ofWhatIsThere(model, operation, args))).catch(rethrowAsDomainError),
        ),
    },
  });

const inPart = <T>(work: () => Promise<T>): Promise<T> => requestTransaction()?.part(work) ?? work();

export type Database = ReturnType<typeof connectPrisma>;

/** Injection tokens: neither has a class of its own. */
export const DATABASE = Symbol('Database');
export const POOL = Symbol('Pool');

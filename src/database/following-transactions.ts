import type { Database } from './database.js';
import { rethrowAsDomainError } from './domain-errors.js';
import { requestTransaction } from './request-transaction.js';

type Callable = (...given: unknown[]) => Promise<unknown>;
type Callables = Readonly<Record<PropertyKey, Callable>>;

/**
 * The same client, which leads into the request-wide transaction wherever there is one. That is asked here, by whoever
 * calls an operation, and not further down: Prisma gathers what is looked up by key at the same time, and looks it up for
 * everybody in the name of the first.
 */
export function followingTransactions(prisma: Database): Database {
  return new Proxy(prisma, {
    get: (_, name) => {
      const member: unknown = Reflect.get(prisma, name);
      const transaction = requestTransaction();
      if (member === undefined) return member;
      if (transaction === undefined) return name === '$transaction' ? begun(prisma) : member;
      const joined = () => transaction.join(prisma) as unknown as Promise<Callables & Record<PropertyKey, Callables>>;
      if (name === '$transaction') {
        return (work: (within: unknown) => Promise<unknown>) => transaction.part(async () => work(await joined()));
      }
      if (typeof member === 'function') return async (...given: unknown[]) => (await joined())[name]!(...given);
      return new Proxy(member as object, {
        get:
          (_model, operation) =>
          async (...given: unknown[]) =>
            (await joined())[name]![operation]!(...given),
      });
    },
  });
}

type Work = (transaction: unknown) => Promise<unknown>;

/** What fails within the work has been told there; what is left is the beginning and the end. */
const begun =
  (prisma: Database) =>
  async (work: Work, ...options: unknown[]) => {
    let told: unknown;
    const telling: Work = (transaction) =>
      work(transaction).catch((error: unknown) => {
        told = error;
        throw error;
      });
    try {
      return await (prisma.$transaction as unknown as Callable)(telling, ...options);
    } catch (error) {
      if (error === told) throw error;
      return rethrowAsDomainError(error);
    }
  };

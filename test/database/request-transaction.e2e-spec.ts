import { Logger } from '@nestjs/common';
import pg from 'pg';
import { Actor } from '../../src/actor.js';
import { CallerShares } from '../../src/database/caller-shares.js';
import { createPrisma, type Database } from '../../src/database/database.js';
import { createPool, type Pool } from '../../src/database/pool.js';
import { ReadConnection } from '../../src/database/read-connection.js';
import { afterCommit, type RequestTransaction } from '../../src/database/request-transaction.js';
import { RequestTransactions } from '../../src/database/request-transactions.js';
import { RowTurns } from '../../src/database/row-turns.js';
import { inTransaction } from '../../src/database/transaction.js';
import { organizationExists } from '../../src/organizations/organizations.statements.js';
import { eventually } from '../support/clock.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { uniqueName } from '../support/factories.js';

const NOBODY = new Actor({ subject: '' });

describe('A request-wide transaction', () => {
  let database: TestDatabase;
  let pool: Pool;
  let reads: ReadConnection;
  let prisma: Database;
  let transactions: RequestTransactions;

  beforeAll(async () => {
    // One callback is meant to fail, and is logged.
    Logger.overrideLogger(false);
    database = await createDatabase();
    pool = createPool(database.url, 4);
    reads = new ReadConnection(pool.options);
    prisma = createPrisma(pool);
    transactions = new RequestTransactions(pool, new CallerShares(pool, new RowTurns()));
  });
  afterAll(async () => {
    await Promise.all([pool.end(), reads.end()]);
    await database.drop();
  });

  const nothing = () => Promise.resolve();
  const make = (name = uniqueName('org')) => prisma.organization.create({ data: { id: name, name } });
  const isThere = async (id: string) => (await prisma.organization.count({ where: { id } })) === 1;
  const isThereForReads = (id: string) => organizationExists(reads, id);
  const rename = (client: pg.ClientBase, id: string, name: string) =>
    client.query('UPDATE organizations SET name = $2 WHERE id = $1', [id, name]);

  /** Ends it however the work ends. */
  async function within<T>(work: (transaction: RequestTransaction) => Promise<T>): Promise<T> {
    const transaction = await transactions.begin();
    try {
      return await transaction.run(() => work(transaction));
    } finally {
      await transaction.rollback();
    }
  }

  it('is seen by everything in it and by nobody else until it is committed, and by all then', async () => {
    const transaction = await transactions.begin();
    const id = await transaction.run(async () => {
      const made = await make();
      expect(await isThere(made.id)).toBe(true);
      expect(await isThereForReads(made.id)).toBe(true);
      return made.id;
    });
    expect([await isThere(id), await isThereForReads(id)]).toEqual([false, false]);
    await transaction.commit(nothing);
    expect([await isThere(id), await isThereForReads(id)]).toEqual([true, true]);
  });

  it('leaves nothing behind when it is undone, and its connection to the next', async () => {
    for (let time = 0; time < 10; time++) {
      const transaction = await transactions.begin();
      const { id } = await transaction.run(() => make());
      await transaction.undo();
      expect(await isThere(id)).toBe(false);
    }
    expect(pool.totalCount).toBeLessThanOrEqual(4);
    expect(pool.idleCount).toBe(pool.totalCount);
  });

  // Prisma looks up in one go what is looked up by key at the same moment, whoever asks.
  it('is kept apart from what others look up by key at the same moment', async () => {
    await within(async (transaction) => {
      const { id } = await make();
      const lookUp = () => prisma.organization.findUnique({ where: { id } });
      const outside = await transactions.begin();
      try {
        const answers = await Promise.all([
          transaction.run(lookUp),
          outside.run(lookUp),
          transaction.run(() => prisma.$transaction((joined) => joined.organization.findUnique({ where: { id } }))),
          outside.run(lookUp),
        ]);
        expect(answers.map((found) => found?.id)).toEqual([id, undefined, id, undefined]);
      } finally {
        await outside.rollback();
      }
    });
  });

  it('takes what is asked for at once in turns, and loses only what is refused', async () => {
    const [taken, free] = [uniqueName('taken'), uniqueName('free')];
    const transaction = await transactions.begin();
    const outcomes = await transaction.run(async () => {
      await make(taken);
      await make(free);
      return Promise.allSettled([
        make(),
        make(taken),
        inTransaction(pool, NOBODY, (client) => rename(client, free, taken)),
        inTransaction(pool, NOBODY, (client) => rename(client, taken, uniqueName('renamed'))),
        prisma.$transaction((joined) => joined.organization.create({ data: { id: taken, name: uniqueName('org') } })),
        isThereForReads(taken),
      ]);
    });
    await transaction.commit(nothing);
    const refused = ['fulfilled', 'rejected', 'rejected', 'fulfilled', 'rejected', 'fulfilled'];
    expect(outcomes.map(({ status }) => status)).toEqual(refused);
    expect([await isThere(taken), await isThere(free)]).toEqual([true, true]);
  });

  it.each<[string, (work: () => Promise<void>) => Promise<void>]>([
    ['a transaction of a repository', (work) => inTransaction(pool, NOBODY, work)],
    ['a transaction of Prisma', (work) => prisma.$transaction(work)],
  ])('has %s as a part, whose failure undoes it alone, and whose statements wait for no turn', async (_, inPart) => {
    const ids = [uniqueName('before'), uniqueName('in'), uniqueName('after')] as const;
    const transaction = await transactions.begin();
    await transaction.run(async () => {
      await make(ids[0]);
      const failing = inPart(async () => {
        await make(ids[1]);
        expect(await isThereForReads(ids[1])).toBe(true);
        throw new Error('refused');
      });
      await expect(failing).rejects.toThrow('refused');
      await make(ids[2]);
    });
    await transaction.commit(nothing);
    expect(await Promise.all(ids.map(isThere))).toEqual([true, false, true]);
  });

  it('does a part again that Postgres broke off to end a deadlock', async () => {
    const [one, two] = await Promise.all([make(), make()]);
    const lock = (client: pg.ClientBase, { id }: { id: string }) =>
      client.query('SELECT FROM organizations WHERE id = $1 FOR UPDATE', [id]);
    const other = new pg.Client({ connectionString: database.url });
    await other.connect();
    try {
      // So that it is the request's part that is broken off.
      await other.query("SET deadlock_timeout = '1min'; BEGIN");
      await lock(other, two);
      let attempts = 0;
      await within(async () => {
        let locked: Promise<unknown> = nothing();
        const both = inTransaction(pool, NOBODY, async (client) => {
          attempts++;
          await locked;
          await lock(client, one);
          await lock(client, two);
        });
        await eventually(
          () =>
            other.query("SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"),
          ({ rowCount }) => rowCount === 1,
        );
        locked = lock(other, one).then(() => other.query('COMMIT'));
        await both;
      });
      expect(attempts).toBe(2);
    } finally {
      await other.end();
    }
  });

  it('does not let anything in any more when it is over', async () => {
    const transaction = await transactions.begin();
    await transaction.run(() => make());
    await transaction.commit(nothing);
    await expect(transaction.run(() => make())).rejects.toMatchObject({
      code: 'database_unavailable',
      cause: { message: 'The transaction of the request is over' },
    });
  });

  it('fails to commit when the connection is lost, and leaves nothing behind', async () => {
    const transaction = await transactions.begin();
    const id = uniqueName('org');
    await transaction.run(() => make(id));
    const [{ pid }] = (await transaction.client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')).rows as [
      { pid: number },
    ];
    await prisma.$queryRaw`SELECT pg_terminate_backend(${pid}::int)`;
    await expect(transaction.commit(nothing)).rejects.toThrow();
    expect(await isThere(id)).toBe(false);
  });

  it('gives its connection and its place back when Postgres ends it, whatever becomes of the request', async () => {
    for (let time = 0; time < 4; time++) {
      const { client } = await transactions.begin();
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      await prisma.$queryRaw`SELECT pg_terminate_backend(${rows[0]!.pid}::int)`;
    }
    await within(() => make());
  });

  it('fails to commit when what comes last does, and leaves nothing behind', async () => {
    const transaction = await transactions.begin();
    const { id } = await transaction.run(() => make());
    await expect(transaction.commit((client) => client.query('SELECT 1 / 0'))).rejects.toThrow('division by zero');
    expect(await isThere(id)).toBe(false);
    expect(pool.idleCount).toBe(pool.totalCount);
  });

  it('has half of the pool, and leaves the other half to the others', async () => {
    const begun = await Promise.all([transactions.begin(), transactions.begin()]);
    const third = transactions.begin();
    // It would be the fourth connection's, were it not to wait.
    await Promise.all([make(), make()]);
    expect(await Promise.race([third, Promise.resolve('waits')])).toBe('waits');
    await begun[0].rollback();
    await Promise.all([begun[1].rollback(), (await third).rollback()]);
  });

  describe('afterCommit', () => {
    it('calls back at once where there is no request-wide transaction', () => {
      const called: string[] = [];
      afterCommit(() => called.push('outside'));
      expect(called).toEqual(['outside']);
    });

    it('calls back after the COMMIT, outside of the transaction, and goes on after a callback that fails', async () => {
      const transaction = await transactions.begin();
      const called: Promise<boolean>[] = [];
      const { id } = await transaction.run(async () => {
        const made = await make();
        afterCommit(() => {
          throw new Error('not their business');
        });
        afterCommit(() => void called.push(isThere(made.id)));
        return made;
      });
      expect(called).toEqual([]);
      await transaction.commit(nothing);
      expect(await Promise.all(called)).toEqual([true]);
      expect(await isThere(id)).toBe(true);
    });

    it('never calls back after a rollback, neither of all nor of the part it was asked for in', async () => {
      const called: string[] = [];
      await within(() => Promise.resolve(afterCommit(() => called.push('rolled back'))));
      const undone = await transactions.begin();
      undone.run(() => afterCommit(() => called.push('undone')));
      await undone.undo();

      const transaction = await transactions.begin();
      await transaction.run(async () => {
        const failing = inTransaction(pool, NOBODY, () => {
          afterCommit(() => called.push('in a part that failed'));
          return Promise.reject(new Error('refused'));
        });
        await expect(failing).rejects.toThrow();
        afterCommit(() => called.push('committed'));
      });
      await transaction.commit(nothing);
      expect(called).toEqual(['committed']);
    });
  });
});

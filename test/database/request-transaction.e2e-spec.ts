import { Logger } from '@nestjs/common';
import pg from 'pg';
import { Actor } from '../../src/actor.js';
import type { Transaction } from '../../src/database/client.js';
import { OrganizationExistence } from '../../src/database/hot/organization-existence.js';
import { createPool } from '../../src/database/pool.js';
import { PrismaService } from '../../src/database/prisma.service.js';
import { afterCommit, type RequestTransaction } from '../../src/database/request-transaction.js';
import { eventually } from '../support/clock.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { uniqueName } from '../support/factories.js';

const NOBODY = new Actor({ subject: '' });

describe('The transaction of a request', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  let prisma: PrismaService;
  let existence: OrganizationExistence;

  beforeAll(async () => {
    // One callback is meant to fail, and is logged.
    Logger.overrideLogger(false);
    database = await createDatabase();
    pool = createPool(database.url, { max: 4, waitMs: 10_000 });
    prisma = new PrismaService(pool);
    existence = new OrganizationExistence(prisma);
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  const make = (name = uniqueName('org')) =>
    prisma.write(NOBODY, ({ organization }) => organization.create({ data: { id: name, name } }));
  const rename = (id: string, name: string) =>
    prisma.write(NOBODY, ({ organization }) => organization.update({ where: { id }, data: { name } }));
  const isThere = async (id: string) => (await prisma.client.organization.count({ where: { id } })) === 1;
  const isThereForHotReads = (id: string) =>
    existence.require(id).then(
      () => true,
      () => false,
    );
  const lock = (transaction: Transaction, { id }: { id: string }) =>
    transaction.$queryRaw`SELECT id FROM organizations WHERE id = ${id} FOR UPDATE`;
  const pidOf = async (transaction: RequestTransaction) => {
    const rows = await transaction.run(
      () => prisma.client.$queryRaw<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`,
    );
    return rows[0]!.pid;
  };
  const terminate = (pid: number) => prisma.client.$queryRaw`SELECT pg_terminate_backend(${pid}::int)`;

  /** Ends it however the work ends. */
  async function within<T>(work: (transaction: RequestTransaction) => Promise<T>): Promise<T> {
    const transaction = await prisma.beginRequest();
    try {
      return await transaction.run(() => work(transaction));
    } finally {
      await transaction.rollback();
    }
  }

  it('is visible within the request, and to others only after the COMMIT', async () => {
    const transaction = await prisma.beginRequest();
    const id = await transaction.run(async () => {
      const made = await make();
      expect(await isThere(made.id)).toBe(true);
      expect(await isThereForHotReads(made.id)).toBe(true);
      return made.id;
    });
    expect([await isThere(id), await isThereForHotReads(id)]).toEqual([false, false]);
    await transaction.commit();
    expect([await isThere(id), await isThereForHotReads(id)]).toEqual([true, true]);
  });

  it('leaves nothing behind after a rollback, and returns its connection', async () => {
    for (let time = 0; time < 10; time++) {
      const transaction = await prisma.beginRequest();
      const { id } = await transaction.run(() => make());
      await transaction.undo();
      expect(await isThere(id)).toBe(false);
    }
    expect(pool.totalCount).toBeLessThanOrEqual(4);
    expect(pool.idleCount).toBe(pool.totalCount);
  });

  // Prisma batches concurrent lookups by key, also of different requests.
  it('is isolated from concurrent lookups by key', async () => {
    await within(async (transaction) => {
      const { id } = await make();
      const lookUp = () => prisma.client.organization.findUnique({ where: { id } });
      const outside = await prisma.beginRequest();
      try {
        const answers = await Promise.all([
          transaction.run(lookUp),
          outside.run(lookUp),
          transaction.run(() => prisma.snapshot(({ organization }) => organization.findUnique({ where: { id } }))),
          outside.run(lookUp),
        ]);
        expect(answers.map((found) => found?.id)).toEqual([id, undefined, id, undefined]);
      } finally {
        await outside.rollback();
      }
    });
  });

  it('runs concurrent writes one after the other, and loses only refused ones', async () => {
    const [taken, free] = [uniqueName('taken'), uniqueName('free')];
    const transaction = await prisma.beginRequest();
    const outcomes = await transaction.run(async () => {
      await make(taken);
      await make(free);
      return Promise.allSettled([
        make(),
        make(taken),
        rename(free, taken),
        rename(taken, uniqueName('renamed')),
        isThereForHotReads(taken),
      ]);
    });
    await transaction.commit();
    const refused = ['fulfilled', 'rejected', 'rejected', 'fulfilled', 'fulfilled'];
    expect(outcomes.map(({ status }) => status)).toEqual(refused);
    expect([await isThere(taken), await isThere(free)]).toEqual([true, true]);
  });

  it('runs each write in a savepoint, which is rolled back alone, and which may have nested writes', async () => {
    const ids = [uniqueName('before'), uniqueName('in'), uniqueName('after')] as const;
    const transaction = await prisma.beginRequest();
    await transaction.run(async () => {
      await make(ids[0]);
      const failing = prisma.write(NOBODY, async () => {
        await make(ids[1]);
        expect(await isThereForHotReads(ids[1])).toBe(true);
        throw new Error('refused');
      });
      await expect(failing).rejects.toThrow('refused');
      await make(ids[2]);
    });
    await transaction.commit();
    expect(await Promise.all(ids.map(isThere))).toEqual([true, false, true]);
  });

  it('repeats a savepoint that Postgres rolled back to end a deadlock', async () => {
    const [one, two] = await Promise.all([make(), make()]);
    const other = new pg.Client({ connectionString: database.url });
    const lockByOther = ({ id }: { id: string }) =>
      other.query('SELECT FROM organizations WHERE id = $1 FOR UPDATE', [id]);
    await other.connect();
    try {
      // So that it is the request's part that is broken off.
      await other.query("SET deadlock_timeout = '1min'; BEGIN");
      await lockByOther(two);
      let attempts = 0;
      await within(async () => {
        let locked: Promise<unknown> = Promise.resolve();
        const both = prisma.write(NOBODY, async (transaction) => {
          attempts++;
          await locked;
          await lock(transaction, one);
          await lock(transaction, two);
        });
        await eventually(
          () =>
            other.query("SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"),
          ({ rowCount }) => rowCount === 1,
        );
        locked = lockByOther(one).then(() => other.query('COMMIT'));
        await both;
      });
      expect(attempts).toBe(2);
    } finally {
      await other.end();
    }
  });

  it('refuses statements after its end', async () => {
    const transaction = await prisma.beginRequest();
    await transaction.run(() => make());
    await transaction.commit();
    await expect(transaction.run(async () => make())).rejects.toMatchObject({
      code: 'database_unavailable',
      cause: { message: 'The transaction of the request has ended' },
    });
  });

  it('fails to commit when the connection was lost, and leaves nothing behind', async () => {
    const transaction = await prisma.beginRequest();
    const id = uniqueName('org');
    await transaction.run(() => make(id));
    await terminate(await pidOf(transaction));
    await expect(transaction.commit()).rejects.toMatchObject({ code: 'database_unavailable' });
    expect(await isThere(id)).toBe(false);
  });

  it('returns its connection when Postgres closed it, however the request ends', async () => {
    const own = createPool(database.url, { max: 1, waitMs: 10_000 });
    const single = new PrismaService(own);
    for (const end of ['rollback', 'commit', 'rollback', 'commit'] as const) {
      const transaction = await single.beginRequest();
      const [{ pid }] = await transaction.run(
        () => single.client.$queryRaw<[{ pid: number }]>`SELECT pg_backend_pid() AS pid`,
      );
      await terminate(pid);
      await transaction[end]().catch(() => undefined);
      await eventually(
        () => Promise.resolve(own.totalCount),
        (total) => total === 0,
      );
    }
    await own.end();
  });

  it('fails to commit when the last write fails, and leaves nothing behind', async () => {
    const transaction = await prisma.beginRequest();
    const { id } = await transaction.run(() => make());
    await expect(transaction.commit((client) => client.$queryRaw`SELECT 1 / 0`)).rejects.toThrow('division by zero');
    expect(await isThere(id)).toBe(false);
    await eventually(
      () => Promise.resolve(pool.totalCount - pool.idleCount),
      (lent) => lent === 0,
    );
  });

  describe('afterCommit', () => {
    it('calls back at once outside of a transaction', () => {
      const called: string[] = [];
      afterCommit(() => called.push('outside'));
      expect(called).toEqual(['outside']);
    });

    it('calls back after the COMMIT, outside of the transaction, and goes on after a callback that fails', async () => {
      const transaction = await prisma.beginRequest();
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
      await transaction.commit();
      expect(await Promise.all(called)).toEqual([true]);
      expect(await isThere(id)).toBe(true);
    });

    it('never calls back after a rollback of the transaction or of the savepoint', async () => {
      const called: string[] = [];
      await within(() => Promise.resolve(afterCommit(() => called.push('rolled back'))));
      const undone = await prisma.beginRequest();
      undone.run(() => afterCommit(() => called.push('undone')));
      await undone.undo();

      const transaction = await prisma.beginRequest();
      await transaction.run(async () => {
        const failing = prisma.write(NOBODY, () => {
          afterCommit(() => called.push('in a part that failed'));
          return Promise.reject(new Error('refused'));
        });
        await expect(failing).rejects.toThrow();
        afterCommit(() => called.push('committed'));
      });
      await transaction.commit();
      expect(called).toEqual(['committed']);
    });
  });
});

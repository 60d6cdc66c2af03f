import pg from 'pg';
import { connectionId, organizationId, seed } from '../../bench/seed.js';
import { Actor } from '../../src/actor.js';
import { HOT_STATEMENTS as EXISTENCE } from '../../src/database/hot/organization-existence.js';
import { createPool } from '../../src/database/pool.js';
import { PrismaService } from '../../src/database/prisma.service.js';
import * as login from '../../src/login/login.hot.js';
import { Preconditions } from '../../src/http/preconditions.js';
import * as organizationConnections from '../../src/organization-connections/organization-connections.hot.js';
import { OrganizationConnectionsRepository } from '../../src/organization-connections/organization-connections.repository.js';
import * as users from '../../src/users/users.hot.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  Plans?: Plan[];
}

const HOT_STATEMENTS = [organizationConnections, users, login]
  .flatMap((feature): readonly { name: string; text: string }[] => feature.HOT_STATEMENTS)
  .concat(EXISTENCE);

/** Enough that reading a whole table would be the worse plan, were it chosen by mistake. */
const ORGANIZATIONS = 10_000;

describe('the hot statements', () => {
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await createDatabase();
    await seed(database.url, ORGANIZATIONS);
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
  });

  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  it('are few', () => {
    expect(HOT_STATEMENTS.length).toBeLessThanOrEqual(12);
  });

  // With the settings of a disk and of an SSD; generic, as a prepared statement is planned.
  describe.each(['4', '1.1'])('with random_page_cost %s', (cost) => {
    it.each(HOT_STATEMENTS.map(({ name, text }) => [name, text]))(
      '%s looks every row up by an index',
      async (_, text) => {
        await client.query(`SET random_page_cost = ${cost}`);
        const { rows } = await client.query<{ 'QUERY PLAN': { Plan: Plan }[] }>({
          text: `EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${text}`,
        });
        const nodes = rows[0]!['QUERY PLAN'].flatMap(({ Plan }) => flatten(Plan));
        expect(nodes.filter(({ 'Node Type': type }) => /Index/.test(type)).length).toBeGreaterThan(0);
        expect(nodes.filter(({ 'Node Type': type }) => type === 'Seq Scan' || /Bitmap|Hash/.test(type))).toEqual([]);
      },
    );
  });
});

describe('a hot statement', () => {
  let database: TestDatabase;
  let pool: pg.Pool;
  let prisma: PrismaService;
  let repository: OrganizationConnectionsRepository;

  beforeAll(async () => {
    database = await createDatabase();
    await seed(database.url, 1);
    pool = createPool(database.url, { max: 2, waitMs: 10_000 });
    prisma = new PrismaService(pool);
    repository = new OrganizationConnectionsRepository(prisma);
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  const key = { organizationId: organizationId(0), connectionId: connectionId(0) };
  const get = () => repository.get(key, 'connections');
  const disable = () =>
    repository.update(new Actor({ subject: '' }), key, { isEnabled: false }, 'connections', Preconditions.NONE);

  it('runs in the transaction of a request: it sees its changes, returns the same rows, and is rolled back with it', async () => {
    const before = await get();
    const transaction = await prisma.beginRequest();
    await transaction.run(async () => {
      expect(await get()).toEqual(before);
      const changed = await disable();
      expect(changed).toEqual({ ...before, isEnabled: false, version: expect.any(BigInt) as bigint });
      expect(changed!.version).toBeGreaterThan(before!.version);
      expect(await get()).toEqual(changed);
    });
    expect(await get()).toEqual(before);
    await transaction.undo();
    expect(await get()).toEqual(before);
  });

  it('is prepared again after the schema has changed', async () => {
    const before = await get();
    expect(await disable()).toMatchObject({ isEnabled: false });
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      await client.query('ALTER TABLE organization_connections ALTER organization_connection_name TYPE varchar(60)');
    } finally {
      await client.end();
    }
    expect(await get()).toEqual({ ...before, isEnabled: false, version: expect.any(BigInt) as bigint });
    expect(await disable()).toMatchObject({ isEnabled: false });
  });
});

function flatten(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(flatten)];
}

import pg from 'pg';
import { connectionId, organizationId, seed } from '../../bench/seed.js';
import { Actor } from '../../src/actor.js';
import { createPool } from '../../src/database/pool.js';
import { ReadConnection } from '../../src/database/read-connection.js';
import { run } from '../../src/database/statement.js';
import * as login from '../../src/login/login.statements.js';
import * as organizationConnections from '../../src/organization-connections/organization-connections.statements.js';
import * as organizations from '../../src/organizations/organizations.statements.js';
import * as users from '../../src/users/users.statements.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  Plans?: Plan[];
}

const HOT_STATEMENTS = [organizationConnections, organizations, users, login].flatMap(
  (feature) => feature.HOT_STATEMENTS,
);

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

  // Both what a disk's settings and what an SSD's make of it; generic, as a prepared statement is planned.
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

describe('a statement', () => {
  let database: TestDatabase;
  let pool: pg.Pool;

  beforeAll(async () => {
    database = await createDatabase();
    await seed(database.url, 1);
    pool = createPool(database.url, 2);
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  it.each(['on the pool', 'on the connection for reads'])(
    'fails alone when a row cannot be read, %s',
    async (where) => {
      const reads = new ReadConnection(pool.options);
      const on = where === 'on the pool' ? pool : reads;
      const unreadable = {
        name: 'unreadable',
        text: 'SELECT 1',
        rowOf: () => {
          throw new TypeError('no such row');
        },
      };
      try {
        const outcomes = await Promise.allSettled([
          run(on, unreadable, []),
          ...Array.from({ length: 5 }, () => organizationConnections.get(on, key, all)),
        ]);
        expect(outcomes.map(({ status }) => status)).toEqual(['rejected', ...Array<string>(5).fill('fulfilled')]);
        expect(outcomes[0]).toMatchObject({ reason: { message: 'no such row' } });
      } finally {
        await reads.end();
      }
    },
  );

  const key = { organizationId: organizationId(0), connectionId: connectionId(0) };
  const all = { onlyEnabled: false };

  it('that is given the client of a transaction is a part of it: it sees what the transaction did, waits for none of its locks, and is rolled back with it', async () => {
    const before = await organizationConnections.get(pool, key, all);
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      await client.query('SELECT FROM organization_connections WHERE organization_id = $1 FOR UPDATE', [
        key.organizationId,
      ]);
      const changed = await organizationConnections.update(client, new Actor({ subject: '' }), key, all, {
        isEnabled: false,
      });
      expect(changed).toEqual({ ...before, isEnabled: false, version: expect.any(BigInt) as bigint });
      expect(changed!.version).toBeGreaterThan(before!.version);
      expect(await organizationConnections.get(client, key, all)).toEqual(changed);
      expect(await organizationConnections.get(pool, key, all)).toEqual(before);
      await client.query('ROLLBACK');
    } finally {
      client.release();
    }
    expect(await organizationConnections.get(pool, key, all)).toEqual(before);
  });
});

function flatten(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(flatten)];
}

import pg from 'pg';
import { seed } from '../../bench/seed.js';
import { HOT_STATEMENTS } from '../../src/database/organization-connection.statements.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';

interface Plan {
  'Node Type': string;
  'Relation Name'?: string;
  Plans?: Plan[];
}

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

function flatten(plan: Plan): Plan[] {
  return [plan, ...(plan.Plans ?? []).flatMap(flatten)];
}

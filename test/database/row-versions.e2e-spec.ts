import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { connectionId, organizationId, seed, userId } from '../../bench/seed.js';
import { paths } from '../../src/paths.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';

/** The first migration that knows of versions. */
const FIRST = '20261125100000_create_row_versions';

const TABLES = ['organizations', 'connections', 'organization_connections', 'users', 'organization_discovery_domains'];

describe('The versions of rows', () => {
  let database: TestDatabase;
  let client: pg.Client;

  /** A database as the release before left it, with rows in it, brought up to date. */
  beforeAll(async () => {
    database = await createDatabase('template0');
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const names = (await readdir(paths.migrations)).filter((name) => !name.includes('.')).sort();
    const at = names.indexOf(FIRST);
    expect(at).toBeGreaterThan(0);
    await apply(names.slice(0, at));
    await seed(database.url, 10);
    await insertDomain('before');
    await apply(names.slice(at, at + 1 + TABLES.length));
  });
  afterAll(async () => {
    await client.end();
    await database.drop();
  });

  async function apply(names: readonly string[]): Promise<void> {
    for (const name of names) await client.query(await readFile(join(paths.migrations, name, 'migration.sql'), 'utf8'));
  }

  const insertDomain = (id: string) =>
    client.query(
      `INSERT INTO organization_discovery_domains (organization_id, id, domain, verification_txt)
       VALUES ($1, $2, $2 || '.example.com', repeat('0', 32))`,
      [organizationId(0), id],
    );

  const versionsIn = async (table: string) =>
    (await client.query<{ version: string }>(`SELECT version FROM ${table}`)).rows.map(({ version }) =>
      Number(version),
    );

  it.each(TABLES)('are 1 for rows from before, and new after each change by SQL: %s', async (table) => {
    expect(new Set(await versionsIn(table))).toEqual(new Set([1]));
    const { rows } = await client.query<{ version: string }>(
      `UPDATE ${table} SET updated_at = CURRENT_TIMESTAMP RETURNING version`,
    );
    const versions = rows.map(({ version }) => version);
    expect(new Set(versions).size).toBe(versions.length);
    expect(versions).not.toContain('1');
  });

  it('are assigned to an INSERT of the previous release', async () => {
    const before = await versionsIn('organization_discovery_domains');
    await insertDomain('after');
    const after = await versionsIn('organization_discovery_domains');
    const [made, ...rest] = after.filter((version) => !before.includes(version));
    expect(rest).toEqual([]);
    expect(made).toBeGreaterThan(Math.max(...before));
  });

  it.each([
    ['organizations', 'id', organizationId(1)],
    ['connections', 'id', connectionId(1)],
    ['users', 'user_id', userId(1)],
  ])('are not given to rows that nobody changed: %s', async (table, key, id) => {
    const others = `SELECT version FROM ${table} WHERE ${key} <> $1 ORDER BY ${key}`;
    const before = (await client.query(others, [id])).rows;
    await client.query(`UPDATE ${table} SET updated_at = CURRENT_TIMESTAMP WHERE ${key} = $1`, [id]);
    expect((await client.query(others, [id])).rows).toEqual(before);
  });
});

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { applyMigrations, describeStatus, migrationStatus } from '../../src/database/migrations.js';
import { paths } from '../../src/paths.js';
import { Checkout } from '../process/checkout.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';

const UP_TO_DATE = { pending: [], failed: [], edited: [], unknown: [], drift: [] };

let names: string[];
let database: TestDatabase;

/** Statements on the database under test. */
async function sql<Row extends pg.QueryResultRow>(...statements: string[]): Promise<Row[]> {
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  try {
    let rows: Row[] = [];
    for (const statement of statements) ({ rows } = await client.query<Row>(statement));
    return rows;
  } finally {
    await client.end();
  }
}

const recorded = () =>
  sql<{ migration_name: string }>(
    'SELECT migration_name FROM _prisma_migrations WHERE finished_at IS NOT NULL ORDER BY started_at',
  ).then((rows) => rows.map((row) => row.migration_name));

beforeAll(async () => {
  names = (await readdir(paths.migrations)).filter((name) => !name.includes('.')).sort();
});

afterEach(() => database.drop());

describe('An empty database', () => {
  beforeEach(async () => {
    database = await createDatabase('template0');
  });

  it('has every migration pending', async () => {
    expect(await migrationStatus(database.url)).toEqual({ ...UP_TO_DATE, pending: names });
  });

  it('is up to date after all were applied, oldest first, and applying again does nothing', async () => {
    expect(await applyMigrations(database.url)).toEqual(names);
    expect(await migrationStatus(database.url)).toEqual(UP_TO_DATE);
    expect(await applyMigrations(database.url)).toEqual([]);
    expect(await recorded()).toEqual(names);
  });

  it('gets each migration once when five apply at the same time', async () => {
    const applied = await Promise.all(Array.from({ length: 5 }, () => applyMigrations(database.url)));
    expect(applied.flat().sort()).toEqual(names);
    expect(await recorded()).toEqual(names);
  });
});

describe('The status of a migrated database', () => {
  beforeEach(async () => {
    database = await createDatabase();
  });

  it.each([
    [
      'a dropped check',
      'ALTER TABLE organization_connections DROP CONSTRAINT organization_connections_hidden_button_needs_enterprise',
      'missing: check organization_connections.organization_connections_hidden_button_needs_enterprise',
    ],
    [
      'a check that is not validated',
      `ALTER TABLE signing_keys DROP CONSTRAINT signing_keys_algorithm_is_asymmetric;
      ALTER TABLE signing_keys ADD CONSTRAINT signing_keys_algorithm_is_asymmetric CHECK (true) NOT VALID`,
      'missing: check signing_keys.signing_keys_algorithm_is_asymmetric',
    ],
    [
      'a check that lets more through',
      `ALTER TABLE users DROP CONSTRAINT users_email_is_lower_case;
      ALTER TABLE users ADD CONSTRAINT users_email_is_lower_case CHECK (email = lower(email) OR email LIKE '%@EXAMPLE.COM')`,
      'missing: check users.users_email_is_lower_case CHECK ((email = lower(email)))',
    ],
    [
      'a function that does something else',
      `CREATE OR REPLACE FUNCTION count_other_connections(of_organization TEXT, besides_connection TEXT) RETURNS BIGINT
      LANGUAGE plpgsql AS 'BEGIN RETURN 0; END'`,
      'AS $function$BEGIN RETURN 0; END$function$',
    ],
    [
      'a function that counts on an older snapshot',
      'ALTER FUNCTION count_other_connections STABLE',
      'RETURNS bigint LANGUAGE plpgsql STABLE AS',
    ],
    [
      'a column with another order',
      'ALTER TABLE users ALTER COLUMN user_id TYPE TEXT COLLATE "default"',
      'missing: column users.user_id COLLATE "C"',
    ],
    [
      'a check that nobody declared',
      'ALTER TABLE connections ADD CONSTRAINT my_own CHECK (length(name) < 999)',
      'not declared: check connections.my_own',
    ],
    [
      'a dropped trigger',
      'DROP TRIGGER connections_strategy_unchangeable ON connections',
      'missing: trigger connections.connections_strategy_unchangeable',
    ],
    [
      'a disabled trigger',
      'ALTER TABLE connections DISABLE TRIGGER connections_strategy_unchangeable',
      'missing: trigger connections.connections_strategy_unchangeable',
    ],
    ['a dropped function', 'DROP FUNCTION count_other_connections', 'missing: function count_other_connections'],
    [
      'a dropped foreign key',
      'ALTER TABLE organization_connections DROP CONSTRAINT organization_connections_connection_id_strategy_kind_fkey',
      'ALTER TABLE "organization_connections" ADD CONSTRAINT "organization_connections_connection_id_strategy_kind_fkey" FOREIGN KEY ("connection_id", "strategy_kind") REFERENCES "connections"("id", "strategy_kind") ON DELETE CASCADE ON UPDATE NO ACTION;',
    ],
    [
      'an extra column',
      'ALTER TABLE organizations ADD COLUMN extra TEXT',
      'ALTER TABLE "organizations" DROP COLUMN "extra";',
    ],
    [
      'a dropped index',
      'DROP INDEX organizations_name_key',
      'CREATE UNIQUE INDEX "organizations_name_key" ON "organizations"("name");',
    ],
    [
      'a column of another type',
      'ALTER TABLE organizations ALTER COLUMN metadata TYPE JSON',
      'ALTER COLUMN "metadata" SET DATA TYPE JSONB;',
    ],
  ])('tells of %s', async (_, change, difference) => {
    await sql(change);
    const status = await migrationStatus(database.url);
    expect(status.drift.join('\n')).toContain(difference);
    expect({ ...status, drift: [] }).toEqual(UP_TO_DATE);
    expect(describeStatus(status)[0]).toMatch(/^differs from the schema: /);
  });

  it('lists a migration that was edited after it was applied', async () => {
    await sql(`UPDATE _prisma_migrations SET checksum = repeat('0', 64) WHERE migration_name = '${names[1]}'`);
    expect(await migrationStatus(database.url)).toEqual({ ...UP_TO_DATE, edited: [names[1]] });
  });

  it('lists a migration that did not finish, and the next apply repeats it', async () => {
    const began = names.find((name) => name.endsWith('_insert_default_connection'))!;
    await sql(
      `UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = '${began}'`,
      "DELETE FROM connections WHERE name = 'Username-Password-Authentication'",
    );
    const status = await migrationStatus(database.url);
    expect(status).toMatchObject({ failed: [began], edited: [], unknown: [], drift: [] });
    expect(await applyMigrations(database.url)).toEqual([began]);
    expect(await migrationStatus(database.url)).toEqual(UP_TO_DATE);
  });

  it('lists a migration that this version does not have', async () => {
    await sql(`INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
               VALUES ('x', repeat('0', 64), '20990101000000_add_something', now(), 1)`);
    expect(await migrationStatus(database.url)).toEqual({ ...UP_TO_DATE, unknown: ['20990101000000_add_something'] });
  });
});

describe('A further migration', () => {
  const NAME = '20990101000000_add_extra';
  let checkout: Checkout;
  let folder: string;

  beforeAll(async () => {
    checkout = await Checkout.create();
    folder = join(checkout.folder, 'prisma', 'migrations', NAME);
  });
  beforeEach(async () => {
    database = await createDatabase();
    await mkdir(folder);
  });
  afterEach(() => rm(folder, { recursive: true }));
  afterAll(() => checkout.remove());

  const migrate = (...args: string[]) => checkout.vestibule(['migrate', ...args], { DATABASE_URL: database.url }).ended;

  it('that fails leaves nothing behind, reports the line and the reason, and is applied once it is fixed', async () => {
    const broken = [
      '-- Why: to see it fail; this is one statement; with a semicolon.',
      'ALTER TABLE organizations ADD COLUMN extra TEXT;',
      'CREATE TABLE more (id TEXT PRIMARY KEY);',
      "INSERT INTO more VALUES ('a;b');",
      'SELECT nonsense FROM more;',
    ].join('\n');
    await writeFile(join(folder, 'migration.sql'), broken);

    expect(await migrate()).toEqual({
      code: 1,
      signal: null,
      stdout: '',
      stderr: `Migration ${NAME}, line 5: column "nonsense" does not exist. Nothing of it was applied.\n`,
    });
    expect(
      await sql("SELECT to_regclass('more') AS more, count(*)::int FROM pg_attribute WHERE attname = 'extra'"),
    ).toEqual([{ more: null, count: 0 }]);
    expect(await migrate('--status')).toMatchObject({ code: 1, stdout: expect.stringContaining(NAME) as string });
    // The server does not serve on half a schema.
    const server = checkout.server({ DATABASE_URL: database.url });
    expect(await server.ended).toMatchObject({ code: 1, stderr: expect.stringContaining('"nonsense"') as string });

    await writeFile(join(folder, 'migration.sql'), broken.replace('nonsense', 'id'));
    expect(await migrate()).toMatchObject({ code: 0, stderr: '', stdout: expect.stringContaining(NAME) as string });
    expect(await sql('SELECT id FROM more')).toEqual([{ id: 'a;b' }]);
    expect(await migrate()).toMatchObject({ code: 0, stdout: 'The database is up to date.\n' });
  });

  it('that fails leaves the ones before it applied and the ones after it pending', async () => {
    await database.drop();
    database = await createDatabase('template0');
    const later = folder.replace('2099', '2100');
    await mkdir(later);
    await writeFile(join(later, 'migration.sql'), 'SELECT 1');
    await writeFile(join(folder, 'migration.sql'), 'SELECT 1 / 0');
    expect(await migrate()).toMatchObject({
      code: 1,
      stderr: `Migration ${NAME}: division by zero. Nothing of it was applied.\n`,
    });
    expect(await recorded()).toEqual(names);
    await rm(later, { recursive: true });
  });

  it('may build an index CONCURRENTLY, also when several processes start at once', async () => {
    const index = 'CREATE INDEX CONCURRENTLY organizations_extra_idx ON organizations (display_name);';
    await writeFile(join(folder, 'migration.sql'), `-- Why: to search by display name.\n${index}\n`);
    const outcomes = await Promise.all([migrate(), migrate(), migrate()]);
    expect(outcomes.map(({ code, stderr }) => ({ code, stderr }))).toEqual(
      outcomes.map(() => ({ code: 0, stderr: '' })),
    );
    expect(outcomes.filter(({ stdout }) => stdout.includes(NAME))).toHaveLength(1);
    expect(await sql("SELECT indisvalid FROM pg_index WHERE indexrelid = 'organizations_extra_idx'::regclass")).toEqual(
      [{ indisvalid: true }],
    );
    expect(await recorded()).toEqual([...names, NAME]);
  });

  it('that builds an index CONCURRENTLY and fails reports that the index may be left behind', async () => {
    const index = 'CREATE UNIQUE INDEX CONCURRENTLY organizations_extra_idx ON organizations ((true));';
    await writeFile(join(folder, 'migration.sql'), index);
    await sql("INSERT INTO organizations (id, name) VALUES ('org_1', 'one'), ('org_2', 'two')");
    expect(await migrate()).toMatchObject({
      code: 1,
      stderr: `Migration ${NAME}: could not create unique index "organizations_extra_idx". It may have left an invalid index behind.\n`,
    });
    await sql('DROP INDEX organizations_extra_idx', "DELETE FROM organizations WHERE id = 'org_2'");
    expect(await migrate()).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('The migrations folder', () => {
  beforeEach(async () => {
    database = await createDatabase();
  });

  it.each(['Why', 'Locks', 'Undo'])('explains in every migration: %s', async (word) => {
    for (const name of names) {
      const text = await readFile(join(paths.migrations, name, 'migration.sql'), 'utf8');
      expect(text).toMatch(new RegExp(`^-- ${word}: \\S`, 'm'));
    }
  });
});

import pg from 'pg';
import { CommittedChanges } from '../../src/changes/committed.js';
import { createClient } from '../../src/database/client.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { eventually } from '../support/clock.js';

describe('The sequence number up to which all changes are committed', () => {
  let database: TestDatabase;
  let pool: pg.Pool;

  beforeEach(async () => {
    database = await createDatabase();
    pool = new pg.Pool({ connectionString: database.url });
  });
  afterEach(async () => {
    await pool.end();
    await database.drop();
  });

  const change = (client: pg.Pool | pg.ClientBase) =>
    client.query(
      `INSERT INTO organizations (id, name) SELECT 'org_' || n, 'name-' || n FROM nextval('row_versions') n`,
    );

  const last = async () => {
    const { rows } = await pool.query<{ last: string }>('SELECT max(sequence) AS last FROM changes');
    return Number(rows[0]!.last);
  };

  it('is that of the last one when no transaction is open', async () => {
    const committed = new CommittedChanges(createClient(pool));
    await change(pool);
    await change(pool);
    const upTo = await eventually(
      async () => (await committed.sample(), committed.upTo),
      (sequence) => sequence > 0,
    );
    expect(upTo).toBe(await last());
    expect(committed.waitingMs).toBe(0);
  });

  it('stays below that of a change whose transaction is open, also when none with a later id has ended', async () => {
    const committed = new CommittedChanges(createClient(pool));
    await change(pool);
    await eventually(
      async () => (await committed.sample(), committed.upTo),
      (sequence) => sequence > 0,
    );
    const before = committed.upTo;
    const client = await pool.connect();
    await client.query('BEGIN');
    // Its id is the greatest there is, and as great as the `xmax` of every snapshot.
    await change(client);
    for (let sample = 0; sample < 20; sample++) expect(await committed.sample()).toBe(false);
    await change(pool);
    for (let sample = 0; sample < 20; sample++) expect(await committed.sample()).toBe(false);
    expect(committed.upTo).toBe(before);
    expect(committed.waitingMs).toBeGreaterThan(0);
    await client.query('COMMIT');
    client.release();
    const all = await last();
    // Transactions of other databases, which have begun in between, may hold up the second one a little longer.
    await eventually(
      async () => (await committed.sample(), committed.upTo),
      (sequence) => sequence === all,
    );
    expect(all).toBeGreaterThan(before);
  });

  it('passes the number of a change that was rolled back', async () => {
    const committed = new CommittedChanges(createClient(pool));
    const client = await pool.connect();
    await client.query('BEGIN');
    await change(client);
    await client.query('ROLLBACK');
    client.release();
    await eventually(
      async () => (await committed.sample(), committed.upTo),
      (sequence) => sequence > 0,
    );
    expect(await last()).toBe(0);
  });

  it('takes no transaction id while nothing changes', async () => {
    const committed = new CommittedChanges(createClient(pool));
    await change(pool);
    await eventually(
      async () => (await committed.sample(), committed.upTo),
      (sequence) => sequence > 0,
    );
    const nextId = async () =>
      (await pool.query<{ id: string }>('SELECT pg_snapshot_xmax(pg_current_snapshot()) AS id')).rows[0]!.id;
    const before = await nextId();
    for (let sample = 0; sample < 20; sample++) await committed.sample();
    // Other databases of the same Postgres take some, but not in between two statements of this test alone.
    expect(Number(await nextId()) - Number(before)).toBeLessThan(20);
  });
});

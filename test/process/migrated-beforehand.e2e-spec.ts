import pg from 'pg';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { Checkout } from './checkout.js';

describe('A server with MIGRATE_ON_START=false', () => {
  let checkout: Checkout;
  let database: TestDatabase;
  beforeAll(async () => {
    checkout = await Checkout.create();
  });
  afterAll(() => checkout.remove());
  beforeEach(async () => {
    database = await createDatabase('template0');
  });
  afterEach(() => database.drop());

  const env = () => ({ DATABASE_URL: database.url, MIGRATE_ON_START: 'false' });

  it('waits until `vestibule migrate` has brought the database up to date, then serves', async () => {
    const server = checkout.server(env());
    const { stdout } = await checkout.vestibule(['migrate'], env()).ended;
    // The server has left all of them to it.
    expect(stdout).toMatch(/^applied 20261123190000_create_organizations\n[^]*The database is up to date, \d+ applied/);
    const { http } = await server.listening();
    expect((await fetch(`${http}/health/ready`)).status).toBe(200);
    expect(await server.stop()).toMatchObject({ code: 0, stderr: '' });
  });

  it('gives up with one line when nobody does, and leaves the database as it is', async () => {
    const { code, stdout, stderr } = await checkout.hurriedServer({ database: 1 }, env()).ended;
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: '',
      stderr: 'The database has not been brought up to date for 0.001 s: "vestibule migrate" does that.\n',
    });
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query("SELECT to_regclass('_prisma_migrations') AS history");
    await client.end();
    expect(rows).toEqual([{ history: null }]);
  });
});

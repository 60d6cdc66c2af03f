import type pg from 'pg';
import { createPool } from '../../src/database/pool.js';
import { withAdmin } from '../support/databases.js';
import { createCabledDatabase, type Cable, type CabledDatabase } from '../support/cable.js';

describe('A connection of the pool whose server has stopped answering', () => {
  let database: CabledDatabase;
  let cable: Cable;
  let pool: pg.Pool;
  beforeAll(async () => {
    database = await createCabledDatabase();
    ({ cable } = database);
    pool = createPool(database.url, { max: 1, waitMs: 10_000, silenceMs: 100 });
  });
  afterAll(async () => {
    await pool.end();
    await database.drop();
  });

  it('is closed with an error, and a new connection replaces it', async () => {
    expect((await pool.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    cable.freeze();
    await expect(pool.query('SELECT 2 AS two')).rejects.toThrow('Connection terminated unexpectedly');
    cable.thaw();
    expect((await pool.query('SELECT 3 AS three')).rows).toEqual([{ three: 3 }]);
  });

  it('is kept while the server sends data from time to time', async () => {
    const { rows } = await pool.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    // More at a time than fits into the buffers on the way.
    const slow = await pool.query<{ pid: number }>(
      'SELECT pg_backend_pid() AS pid, repeat($1, 100000), pg_sleep(0.03) FROM generate_series(1, 10)',
      ['x'],
    );
    expect(slow.rows.map(({ pid }) => pid)).toEqual(slow.rows.map(() => rows[0]!.pid));
  });

  it('does not end the process when it breaks while it is lent and nothing is asked of it', async () => {
    const client = await pool.connect();
    const ended = new Promise((resolve) => client.once('end', resolve));
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    await withAdmin((admin) => admin.query('SELECT pg_terminate_backend($1)', [rows[0]!.pid]));
    await ended;
    client.release();
    expect((await pool.query('SELECT 4 AS four')).rows).toEqual([{ four: 4 }]);
  });
});

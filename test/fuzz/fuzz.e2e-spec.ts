import { randomBytes, randomInt } from 'node:crypto';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { fuzz } from './fuzz.js';

const REQUESTS = 2_500;

describe('A server that is sent whatever can be made of the document and of hostile lists', () => {
  let database: TestDatabase;

  beforeEach(async () => {
    database = await createDatabase();
  });
  afterEach(() => database.drop());

  // The random seed is in the name of the test, and so in the log of a run that failed.
  it.each([20_261_125, randomInt(2 ** 31)])('answers every request as documented: seed %d', async (seed) => {
    const { faults, answers } = await fuzz({
      databaseUrl: database.url,
      env: { ENCRYPTION_KEY: randomBytes(32).toString('base64') },
      organizations: 500,
      seed,
      requests: REQUESTS,
      clients: 8,
      say: () => undefined,
    });
    expect(faults).toEqual([]);
    expect([...answers.values()].reduce((sum, count) => sum + count)).toBeGreaterThan(0.95 * REQUESTS);
  });
});

import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** Made by the global setup. */
export const TEMPLATE = 'vestibule_template';

/** The same server, another database. */
function databaseUrl(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

/** The Postgres of this run. */
export function postgresUrl(database = 'postgres'): string {
  const url = process.env['VESTIBULE_TEST_POSTGRES'];
  if (!url) throw new Error('The global setup did not run');
  return databaseUrl(url, database);
}

export async function withAdmin<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: postgresUrl() });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** @param template what to copy: the migrated database, or `template0` for an empty one */
export async function createDatabase(template: string = TEMPLATE): Promise<TestDatabase> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await withAdmin((client) => client.query(`CREATE DATABASE ${name} TEMPLATE ${template}`));
  return {
    url: postgresUrl(name),
    drop: async () => void (await withAdmin((client) => client.query(`DROP DATABASE ${name} WITH (FORCE)`))),
  };
}

// @ts-check
// JavaScript, because Jest loads this file before its transforms; so it takes the service from the build.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { acquireEmbeddedPostgres } from '../../dist/dev/embedded-postgres.js';
import { applyMigrations } from '../../dist/database/migrations.js';

/** Nothing in a test's data outlives the run, so nothing waits for the disk. */
const SETTINGS = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '300' };

/** The same name as in `databases.ts`. */
const TEMPLATE = 'vestibule_template';

/** One Postgres for the run, with a migrated database that every spec file gets a copy of. */
export default async function globalSetup() {
  const folder = await mkdtemp(join(tmpdir(), 'vestibule-test-'));
  const { url, home, release } = await acquireEmbeddedPostgres(folder, SETTINGS);
  process.env['VESTIBULE_TEST_POSTGRES'] = url;
  globalThis.stopTestPostgres = async () => {
    await release();
    await Promise.all([folder, home].map((path) => rm(path, { recursive: true, force: true })));
  };

  const admin = new pg.Client({ connectionString: url });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${TEMPLATE}`);
  await admin.end();
  const template = new URL(url);
  template.pathname = `/${TEMPLATE}`;
  await applyMigrations(template.href);
}

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acquireEmbeddedPostgres } from '../src/dev/embedded-postgres.js';
import { applyMigrations, describeStatus, migrationStatus } from '../src/database/migrations.js';

// `npm run db:check`: all migrations on an empty database give exactly `schema.prisma` and the hand-written constraints.

const folder = await mkdtemp(join(tmpdir(), 'vestibule-db-check-'));
const { url, home, release } = await acquireEmbeddedPostgres(folder, { fsync: 'off' });
try {
  const applied = await applyMigrations(url);
  const problems = describeStatus(await migrationStatus(url));
  for (const problem of problems) process.stdout.write(`${problem}\n`);
  if (problems.length > 0) process.exitCode = 1;
  else process.stdout.write(`${applied.length} migrations give exactly the schema and its hand-written constraints.\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await release();
  await Promise.all([folder, home].map((path) => rm(path, { recursive: true, force: true })));
}

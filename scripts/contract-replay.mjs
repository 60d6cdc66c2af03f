// Replays recorded Management API traffic against the build, where the recordings are at hand: npm run contract:replay
// @ts-check
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { pino } from 'pino';
import { loadConfig } from '../dist/config/config.js';
import { createPool } from '../dist/database/pool.js';
import { acquireEmbeddedPostgres } from '../dist/dev/embedded-postgres.js';
import { applyMigrations } from '../dist/database/migrations.js';
import { startServer } from '../dist/server.js';

const fromRoot = (/** @type {string} */ path) => fileURLToPath(new URL(`../${path}`, import.meta.url));
const contract = fromRoot('../shared/contract');

/**
 * @typedef {{ method: string, path: string, body?: object, status: number, response: any }} Step
 * @typedef {{ source: string, name: string, steps: Step[] }} Scenario
 */

if (existsSync(join(contract, 'replay.mjs'))) process.exit(await replay());
console.log('No recordings at hand (../shared/contract): nothing to replay.');

/** @returns the exit code */
async function replay() {
  const { served, notYet } = await scenarios();
  console.log(`Replaying ${served.length} scenarios. Not yet there, ${notYet.length}:`);
  for (const { name, path } of notYet) console.log(`  ${name} (${path})`);

  const folder = await mkdtemp(join(tmpdir(), 'vestibule-replay-'));
  const file = join(folder, 'recordings.jsonl');
  await writeFile(file, served.map((scenario) => `${JSON.stringify(withRecordedUserIds(scenario))}\n`).join(''));
  const postgres = await acquireEmbeddedPostgres(folder, { fsync: 'off' });
  try {
    await applyMigrations(postgres.url);
    const env = { DATABASE_URL: postgres.url, ENCRYPTION_KEY: randomBytes(32).toString('base64') };
    const config = { ...loadConfig(env), port: 0 };
    const server = await startServer(config, createPool(postgres.url, 10), pino({ level: 'error' }));
    const base = `http://127.0.0.1:${server.httpPort}/api/v2`;
    const { stdout: token } = await promisify(execFile)(process.execPath, [fromRoot('bin/vestibule.js'), 'token'], {
      env: { PATH: process.env['PATH'], ...env },
    });
    const args = [join(contract, 'replay.mjs'), '--base', base, '--token', token.trim(), '--file', file];
    const [code] = await once(spawn(process.execPath, args, { stdio: 'inherit' }), 'close');
    await server.close();
    return code;
  } finally {
    await postgres.release();
    await Promise.all([folder, postgres.home].map((path) => rm(path, { recursive: true, force: true })));
  }
}

/** Which recorded scenarios go only to paths that this service publishes, and which do not, with the first that it lacks. */
async function scenarios() {
  const { paths } = JSON.parse(await readFile(fromRoot('openapi.json'), 'utf8'));
  const published = Object.keys(paths).map((path) => new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`));
  const lines = (await readFile(join(contract, 'recordings.jsonl'), 'utf8')).split('\n').filter(Boolean);
  const served = [];
  const notYet = [];
  for (const line of lines) {
    /** @type {Scenario} */
    const scenario = JSON.parse(line);
    const asked = scenario.steps.map(({ path }) => path.split('?', 1)[0] ?? '');
    const path = asked.find((one) => !published.some((pattern) => pattern.test(one)));
    if (path === undefined) served.push(scenario);
    else notYet.push({ name: scenario.name, path });
  }
  return { served, notYet };
}

/**
 * The scenario with users who ask for the ids that they were given when it was recorded. Members who were added together
 * are listed by user id, so with ids of our own it would be chance who of three comes on a page of two.
 *
 * @param {Scenario} scenario
 * @returns {Scenario}
 */
function withRecordedUserIds(scenario) {
  const steps = scenario.steps.map((step) => {
    if (step.method !== 'POST' || step.path !== '/api/v2/users' || step.status !== 201) return step;
    return { ...step, body: { ...step.body, user_id: step.response.identities[0].user_id } };
  });
  return { ...scenario, steps };
}

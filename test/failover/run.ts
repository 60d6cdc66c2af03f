// Kills the primary of three Postgres nodes under load, and counts what the clients of the service notice:
// npm run test:failover
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { Checkout } from '../process/checkout.js';
import { Cluster, missingPrograms } from './cluster.js';
import { Load } from './load.js';

const BACK_WITHIN_MS = 30_000;
const STEADY_MS = 5_000;
const GIVE_UP_MS = 90_000;

const say = (line: string) => process.stdout.write(`${line}\n`);
const seconds = (milliseconds: number) => `${(milliseconds / 1000).toFixed(1)} s`;
const failures: string[] = [];

/** Until as many seconds have passed without a failed request as make it likely that there is none to come. */
async function outage(load: Load, what: string, strike: () => Promise<void>): Promise<void> {
  const [before, from] = [performance.now(), load.samples.length];
  await strike();
  const isFailed = ({ status }: { status: number }) => status === 0 || status >= 500;
  for (;;) {
    await delay(500);
    const failed = load.samples.slice(from).filter(isFailed);
    const lastFailure = failed.at(-1);
    const since = performance.now() - (lastFailure ? lastFailure.at + lastFailure.milliseconds : before);
    const isBack = lastFailure !== undefined && since > STEADY_MS;
    if (!isBack && performance.now() - before < GIVE_UP_MS) continue;

    const all = load.samples.slice(from);
    for (const kind of ['write', 'read'] as const) {
      const bad = all.filter((sample) => sample.kind === kind && isFailed(sample));
      const last = bad.at(-1);
      const back = last && all.find((one) => one.kind === kind && !isFailed(one) && one.at > last.at);
      const away = back ? back.at + back.milliseconds - before : last ? Infinity : 0;
      const slowest = Math.max(...all.filter((sample) => sample.kind === kind).map(({ milliseconds }) => milliseconds));
      const statuses = [...new Set(bad.map(({ status }) => status || 'none'))].join(', ');
      say(
        `${what}: ${kind}s answered again after ${seconds(away)}, ${bad.length} failed (${statuses}), slowest answer ${seconds(slowest)}`,
      );
      if (away > BACK_WITHIN_MS) failures.push(`${what}: ${kind}s were away for ${seconds(away)}`);
    }
    return;
  }
}

async function main(): Promise<void> {
  const missing = missingPrograms();
  if (missing.length > 0) {
    say(`NOT RUN: there is no ${missing.join(', no ')}`);
    return;
  }
  const checkout = await Checkout.create();
  const cluster = await Cluster.start();
  try {
    const env = { DATABASE_URL: cluster.url, LOG_LEVEL: 'warn' };
    const server = checkout.server(env);
    const { http } = await server.listening();
    const token = (await checkout.vestibule(['token'], { ...env, PORT: '0', TLS_PORT: '0' }).ended).stdout.trim();
    const load = new Load(http, token);
    await delay(STEADY_MS);
    say(`before: ${Math.round((load.answeredWrites / STEADY_MS) * 1000)} writes a second are answered`);

    const first = await cluster.primary();
    await outage(load, 'kill -9 of the primary and its Patroni', () => first.kill());
    await first.start();
    await cluster.isWhole();
    const second = await cluster.primary();
    await outage(load, 'kill -9 of Postgres on the primary', () => second.killPostgres());
    await cluster.isWhole();

    await load.end();
    const client = new pg.Client({ connectionString: cluster.url });
    await client.connect();
    const lost = await load.lost(client);
    await client.end();
    say(`${load.answeredWrites} writes were answered, ${lost.length} of them lost`);
    if (lost.length > 0) failures.push(`lost: ${lost.slice(0, 10).join(', ')}`);
    if (load.answeredWrites === 0) failures.push('no write was answered');
    await server.stop();
  } finally {
    await checkout.remove();
    await cluster.end();
  }
}

await main();
for (const failure of failures) say(`FAILED: ${failure}`);
process.exit(failures.length > 0 ? 1 : 0);

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { acquireEmbeddedPostgres, type EmbeddedPostgres } from '../src/dev/embedded-postgres.js';
import { stopSignal } from '../src/stop-signal.js';
import { unlessAborted } from '../src/unless-aborted.js';
import { ServerProcess } from './server-process.js';

/**
 * Runs a benchmark on a Postgres of its own, and ends the process. Whatever was started ends with it, also after a
 * failure, SIGINT or SIGTERM.
 */
export async function withPostgres(
  settings: Record<string, string>,
  benchmark: (postgresUrl: string) => Promise<void>,
): Promise<never> {
  const stop = stopSignal();
  const folder = await mkdtemp(join(tmpdir(), 'vestibule-bench-'));
  let postgres: EmbeddedPostgres | undefined;
  let exitCode = 0;
  try {
    postgres = await acquireEmbeddedPostgres(folder, settings, stop);
    await unlessAborted(benchmark(postgres.url), stop);
  } catch (error) {
    exitCode = stop.aborted ? 130 : 1;
    if (!stop.aborted) process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  } finally {
    await ServerProcess.stopAll();
    await postgres?.release();
    await Promise.all([folder, postgres?.home ?? folder].map((path) => rm(path, { recursive: true, force: true })));
  }
  process.exit(exitCode);
}

import { ConfigError } from './config/config.js';
import { MigrationFailedError } from './database/schema-engine.js';
import { DatabaseUnavailableError } from './database/wait-for-database.js';

/** Runs a command to its end. A failure a person can mend is one line; any other comes with its stack. Exit code 1. */
export async function runOrExplain(command: () => Promise<void>): Promise<void> {
  try {
    await command();
    // Something may still hold the process, such as a client that keeps its connection open past the deadline.
    process.exit(process.exitCode ?? 0);
  } catch (error) {
    process.stderr.write(`${explain(error)}\n`);
    process.exit(1);
  }
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const forPeople = [ConfigError, DatabaseUnavailableError, MigrationFailedError].some((kind) => error instanceof kind);
  return forPeople ? error.message : (error.stack ?? error.message);
}

import { ConfigError } from './config/config.js';
import { MigrationFailedError } from './database/schema-engine.js';
import { DatabaseUnavailableError } from './database/wait-for-database.js';

/** Runs a command and exits. An error that a person can fix is printed as one line, any other with its stack. */
export async function runOrExplain(command: () => Promise<void>): Promise<void> {
  try {
    await command();
    // Open handles may keep the process alive, such as a client's connection after the deadline.
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

import { eventually } from './clock.js';

/** Runs a statement in the database, such as a test's application. */
interface Sql {
  readonly sql: (text: string, values?: unknown[]) => Promise<unknown[]>;
}

/** Runs work while another transaction has locked the rows that the statement selects. */
export async function whileLocked<T>(
  { sql }: Sql,
  [select, ...values]: [string, ...unknown[]],
  work: () => Promise<T>,
): Promise<T> {
  await sql('BEGIN');
  try {
    await sql(`${select} FOR UPDATE`, values);
    return await work();
  } finally {
    await sql('ROLLBACK');
  }
}

/** Runs work while the COMMIT of an idempotency key waits, for up to the lock time-out. */
export async function whileCommitsWait<T>({ sql }: Sql, work: () => Promise<T>): Promise<T> {
  await sql(`
    CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON idempotency_keys DEFERRABLE INITIALLY DEFERRED
      FOR EACH ROW EXECUTE FUNCTION wait();
    SELECT pg_advisory_lock(42)`);
  try {
    return await work();
  } finally {
    await sql('SELECT pg_advisory_unlock(42); DROP TRIGGER at_commit ON idempotency_keys; DROP FUNCTION wait');
  }
}

/** Resolves when this many wait for a lock in the database. Within a transaction Postgres would repeat what it said first. */
export const untilWaiting = ({ sql }: Sql, count = 1) =>
  eventually(
    async () => {
      await sql('SELECT pg_stat_clear_snapshot()');
      return sql("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()");
    },
    ({ length }) => length === count,
  );

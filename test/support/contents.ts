import type { TestApp } from './app.js';

/**
 * Everything that the database holds, as one text: each row of each table in an order of its own, and each sequence, but
 * for those of versions and of changes, which no rollback takes back: a number that was given out never comes again. How
 * far the delivery of events has got is left out, as no request writes it.
 */
export async function contentsOf(app: TestApp): Promise<string> {
  const tables = await app.sql<{ name: string }>(
    `SELECT quote_ident(tablename) AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'event_stream_cursors'
      ORDER BY tablename`,
  );
  const sequences = await app.sql(
    `SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public' AND sequencename NOT IN ('row_versions', 'change_sequence')
      ORDER BY sequencename`,
  );
  const rows: string[] = [];
  for (const { name } of tables) {
    const found = await app.sql<{ row: string }>(`SELECT r::text AS row FROM ${name} r ORDER BY r::text COLLATE "C"`);
    rows.push(...found.map(({ row }) => `${name} ${row}`));
  }
  return [...rows, ...sequences.map((sequence) => JSON.stringify(sequence))].join('\n');
}

import { randomUUID } from 'node:crypto';
import { expectAnswer } from '../support/answers.js';
import type { Answer, Write } from '../support/api.js';
import { startApp, useApp } from '../support/app.js';
import { createCabledDatabase } from '../support/cable.js';
import { eventually } from '../support/clock.js';
import { askForToken, createClient } from '../support/clients.js';
import { contentsOf } from '../support/contents.js';
import { refusals } from '../support/errors.js';
import { WRITES } from '../support/writes.js';
import { RESOURCES } from '../api/preconditions/resources.js';

function expectUnavailable(answer: Answer): void {
  expectAnswer(answer, refusals.databaseUnavailable);
  expect(answer.headers.get('retry-after')).toBe('1');
}

/** With the headers that make a request one transaction from its beginning to its answer, and without. */
const HEADERS: Record<string, () => Record<string, string>> = {
  'as it is': () => ({}),
  'as a dry run': () => ({ 'vestibule-dry-run': 'true' }),
  'with a key': () => ({ 'idempotency-key': randomUUID() }),
};
const takesKey = (operation: string) => /^(POST|PATCH) /.test(operation);
const WAYS = Object.keys(WRITES).flatMap((operation) =>
  Object.keys(HEADERS)
    .filter((headers) => headers !== 'with a key' || takesKey(operation))
    .map((headers) => [operation, headers] as const),
);

describe('A write that Postgres cancels', () => {
  const app = useApp();

  /** Sends while what it needs is locked, and ends the statement that waits, and the one that takes its place. */
  async function sendBrokenOff(
    tables: string,
    breakOff: string,
    write: Write,
    headers: Record<string, string>,
  ): Promise<Answer> {
    await app.sql('BEGIN');
    try {
      await app.sql(`LOCK TABLE ${tables} IN ACCESS EXCLUSIVE MODE`);
      let isAnswered = false;
      const sending = app.api.sendWrite(write, headers).finally(() => (isAnswered = true));
      await eventually(
        async () => {
          await app.sql('SELECT pg_stat_clear_snapshot()');
          await app.sql(
            `SELECT ${breakOff}(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
          );
          return isAnswered;
        },
        (answered) => answered,
      );
      return await sending;
    } finally {
      await app.sql('ROLLBACK');
    }
  }

  describe.each([
    ['pg_cancel_backend', WAYS.filter(([, headers]) => headers === 'as it is')],
    ['pg_terminate_backend', WAYS],
  ])('by %s', (breakOff, ways) => {
    it.each(ways)('returns 503 with Retry-After and changes nothing: %s, %s', async (operation, headers) => {
      const { status, prepare } = WRITES[operation]!;
      const write = { method: operation.split(' ')[0]!, ...(await prepare(app.api)) };
      const before = await contentsOf(app);
      const everything = (await app.sql("SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"))
        .map(({ name }) => name as string)
        .filter((name) => !name.startsWith('_'))
        .join();

      expectUnavailable(await sendBrokenOff(everything, breakOff, write, HEADERS[headers]!()));
      expect(await contentsOf(app)).toEqual(before);

      const recorded = await sendBrokenOff('changes', breakOff, write, HEADERS[headers]!());
      if (recorded.status !== status) {
        expectUnavailable(recorded);
        expect(await contentsOf(app)).toEqual(before);
      }
    });
  });
});

describe('While the database is unavailable', () => {
  it('every write and read returns 503 with Retry-After, the log has the reason, and nothing has changed afterwards', async () => {
    const database = await createCabledDatabase();
    const { cable } = database;
    const { app, stop } = await startApp({ database });
    try {
      const writes: [Write, Record<string, string>][] = [];
      for (const [operation, headers] of WAYS) {
        const write = { method: operation.split(' ')[0]!, ...(await WRITES[operation]!.prepare(app.api)) };
        writes.push([write, HEADERS[headers]!()]);
      }
      const paths = await Promise.all(RESOURCES.map(async ({ make }) => (await make(app.api)).path));
      const credentials = await createClient(app, ['read:organizations']);
      paths.push('/organizations', '/connections', '/users', '/logs', '/event-streams');

      await cable.cut();
      for (const [write, headers] of writes) expectUnavailable(await app.api.sendWrite(write, headers));
      for (const path of paths) {
        const answer = await app.api.get(path);
        expectUnavailable(answer);
        const id = answer.headers.get('x-request-id');
        expect(app.log.filter((line) => line['requestId'] === id && line['level'] === 50)).toHaveLength(1);
      }

      const token = await askForToken(app, credentials);
      expect({ status: token.status, error: token.body.error }).toEqual({ status: 503, error: 'server_error' });
      expect(token.headers.get('retry-after')).toBe('1');

      await cable.plugIn();
      for (const path of paths) {
        await eventually(
          () => app.api.get(path),
          ({ status }) => status === 200,
        );
      }
    } finally {
      await stop();
    }
  });
});

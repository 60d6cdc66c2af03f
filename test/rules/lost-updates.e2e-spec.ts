import type { Answer, Api } from '../support/api.js';
import { startApp, useApp } from '../support/app.js';
import { refusals } from '../support/errors.js';
import { createOrganization } from '../support/factories.js';
import { ask, RESOURCES, tagOf } from '../api/preconditions/resources.js';

const ROWS = 10;
const WRITERS = 10;

/** A resource that is read by name is changed by id. */
const BY_ID = RESOURCES.filter(({ template }) => !template.includes('/name/'));

const plain = ({ status, body }: Answer) => ({ status, body });

describe('Changes with the same entity tag at once, over two servers', () => {
  const app = useApp();
  // Of one row's changes each server does one at a time; with two it is Postgres that decides.
  let servers: readonly [Api, Api];
  let stop: () => Promise<void>;
  beforeAll(async () => {
    const other = await startApp({ database: { url: app.databaseUrl, drop: () => Promise.resolve() } });
    servers = [app.api, other.app.api];
    ({ stop } = other);
  });
  afterAll(() => stop());

  it.each(BY_ID)('leave each row to exactly one of them: PATCH $template', async ({ make, changes }) => {
    const rows = await Promise.all(Array.from({ length: ROWS }, () => make(app.api)));
    const outcomes = await Promise.all(
      rows.map(async ({ path, changesAt }) => {
        const tag = tagOf(await app.api.get(path));
        const answers = await Promise.all(
          Array.from({ length: WRITERS }, (_, at) =>
            ask(servers[at % 2]!, 'PATCH', changesAt, { 'if-match': tag }, changes[at % 2]),
          ),
        );
        return { answers, after: await app.api.get(path) };
      }),
    );
    for (const { answers, after } of outcomes) {
      const won = answers.filter(({ status }) => status === 200);
      const lost = answers.filter(({ status }) => status !== 200);
      expect(won).toHaveLength(1);
      expect(lost.map(plain)).toEqual(Array.from({ length: WRITERS - 1 }, () => refusals.preconditionFailed));
      expect([after.body, tagOf(after)]).toEqual([won[0]!.body, tagOf(won[0]!)]);
    }
  });

  it.each(BY_ID)('remove a row or change it, and never both: $template', async ({ make, changes, removal }) => {
    const rows = await Promise.all(Array.from({ length: ROWS }, () => make(app.api)));
    await Promise.all(
      rows.map(async ({ path, changesAt }, at) => {
        const tag = tagOf(await app.api.get(path));
        const requests = [
          () => ask(servers[at % 2]!, 'DELETE', changesAt, { 'if-match': tag }),
          () => ask(servers[(at + 1) % 2]!, 'PATCH', changesAt, { 'if-match': tag }, changes[0]),
        ];
        const turns = at % 4 < 2 ? requests : requests.reverse();
        const answers = await Promise.all(turns.map((send) => send()));
        const [removed, changed] = at % 4 < 2 ? answers : answers.reverse();
        const after = await app.api.get(path);
        if (changed!.status === 200) {
          expect(plain(removed!)).toEqual(refusals.preconditionFailed);
          expect(after.body).toEqual(changed!.body);
        } else {
          // It was gone, or went while the reason was looked for.
          expect([404, 412]).toContain(changed!.status);
          expect(removed!.status).toBe(removal[0]);
          expect(after.status).toBe(404);
        }
      }),
    );
  });

  it('lose nothing of what 20 writers add to one number, each reading anew when another was faster', async () => {
    const { id } = await createOrganization(app.api, { metadata: { count: '0' } });
    const path = `/organizations/${id}`;
    const addOne = async (api: Api): Promise<number> => {
      for (let refused = 0; ; refused++) {
        const present = await api.get<{ metadata: { count: string } }>(path);
        const metadata = { count: String(Number(present.body.metadata.count) + 1) };
        const answer = await ask(api, 'PATCH', path, { 'if-match': tagOf(present) }, { metadata });
        if (answer.status === 200) return refused;
        expect(plain(answer)).toEqual(refusals.preconditionFailed);
      }
    };
    const refused = await Promise.all(Array.from({ length: 20 }, (_, at) => addOne(servers[at % 2]!)));
    expect((await app.api.get(path)).body).toMatchObject({ metadata: { count: '20' } });
    // They did get in each other's way, or this would prove nothing.
    expect(refused.reduce((sum, count) => sum + count)).toBeGreaterThan(0);
  });
});

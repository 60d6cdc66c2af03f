import { setTimeout as delay } from 'node:timers/promises';
import { Api } from '../support/api.js';
import { eventually } from '../support/clock.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { createStream } from '../support/event-streams.js';
import { createOrganization } from '../support/factories.js';
import { useSink } from '../support/sink.js';
import { Checkout } from './checkout.js';

describe('A server that is killed while it delivers events', () => {
  let checkout: Checkout;
  let database: TestDatabase;
  let token: string;
  const used = useSink();

  beforeAll(async () => {
    [checkout, database] = await Promise.all([Checkout.create(), createDatabase()]);
    token = (await checkout.vestibule(['token'], env()).ended).stdout.trim();
  });
  afterAll(async () => {
    await checkout.remove();
    await database.drop();
  });

  const env = () => ({
    DATABASE_URL: database.url,
    PUBLIC_URL: 'https://vestibule.example',
    EVENT_DESTINATIONS_ALLOW: '127.0.0.1',
  });
  const start = async () => {
    const server = checkout.hurriedServer({ eventFirstPause: 20 }, env());
    const { http } = await server.listening();
    return { server, api: new Api(http, token) };
  };

  it('skips no event and keeps their order: another server continues where it stopped', async () => {
    let count = 0;
    used.sink.behaviour = () => ({ status: count++ % 3 === 0 ? 500 : 204 });
    let working = await start();
    await createStream(working.api, used.sink.url);
    const organizations = await Promise.all(Array.from({ length: 6 }, () => createOrganization(working.api)));
    const expected = new Map(organizations.map(({ id }) => [id, [undefined] as (string | undefined)[]]));
    const namesOf = (id: string) =>
      used.sink.taken
        .filter(({ event }) => event.data.object.id === id)
        .map(({ event }) => event.data.object['display_name'] as string | undefined);

    for (const round of [1, 2, 3]) {
      // The next one has no stream to work on, and takes the writes.
      const next = await start();
      const writing = organizations.map(async ({ id }) => {
        for (let step = 0; step < 15; step++) {
          const display_name = `${round}.${step}`;
          const { status } = await next.api.patch(`/organizations/${id}`, { display_name });
          expect(status).toBe(200);
          expected.get(id)!.push(display_name);
        }
      });
      const before = used.sink.taken.length;
      await eventually(
        () => Promise.resolve(used.sink.taken.length),
        (taken) => taken > before,
      );
      await working.server.stop('SIGKILL');
      await Promise.all(writing);
      working = next;
    }

    // A lease of a few seconds has to end, and this machine may be busy.
    for (const giveUpAt = Date.now() + 30_000; Date.now() < giveUpAt; await delay(50)) {
      if (organizations.every(({ id }) => namesOf(id).length === expected.get(id)!.length)) break;
    }
    for (const { id } of organizations) expect(namesOf(id)).toEqual(expected.get(id));
    await used.sink.until(() => true);
    await working.server.stop();
  }, 120_000);
});

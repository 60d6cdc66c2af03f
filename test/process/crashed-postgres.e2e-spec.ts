import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { acquireEmbeddedPostgres, type EmbeddedPostgres } from '../../src/dev/embedded-postgres.js';
import { Api } from '../support/api.js';
import { eventually } from '../support/clock.js';
import { createStream } from '../support/event-streams.js';
import { createOrganization } from '../support/factories.js';
import { useSink } from '../support/sink.js';
import { Checkout } from './checkout.js';

describe('A Postgres that crashes while events are delivered', () => {
  let checkout: Checkout;
  let folder: string;
  let postgres: EmbeddedPostgres;
  const used = useSink();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vestibule-crash-'));
    [checkout, postgres] = await Promise.all([Checkout.create(), acquireEmbeddedPostgres(folder)]);
  }, 60_000);
  afterAll(async () => {
    await checkout.remove();
    await postgres.release();
    await rm(folder, { recursive: true, force: true });
  });

  /** As soon as it lets anybody in. */
  const connected = () =>
    eventually(
      async () => {
        const client = new pg.Client({ connectionString: postgres.url });
        client.on('error', () => undefined);
        return client.connect().then(
          () => client,
          () => undefined,
        );
      },
      (client) => client !== undefined,
    ).then((client) => client!);

  /** Its postmaster ends all others and recovers from the log, as after a power cut. */
  async function crash(): Promise<void> {
    const client = await connected();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const gone = new Promise((resolve) => client.once('end', resolve));
    process.kill(rows[0]!.pid, 'SIGKILL');
    await gone;
  }

  it('loses no answered change, and what the sink has is what the history has, in its order', async () => {
    let count = 0;
    used.sink.behaviour = () => ({ status: count++ % 3 === 0 ? 500 : 204 });
    const env = {
      DATABASE_URL: postgres.url,
      PUBLIC_URL: 'https://vestibule.example',
      EVENT_DESTINATIONS_ALLOW: '127.0.0.1',
    };
    const server = checkout.hurriedServer({ eventFirstPause: 20 }, env);
    const { http } = await server.listening();
    const token = (await checkout.vestibule(['token'], env).ended).stdout.trim();
    const api = new Api(http, token);
    await createStream(api, used.sink.url);
    const organizations = await Promise.all(Array.from({ length: 6 }, () => createOrganization(api)));
    const answered = new Map(organizations.map(({ id }) => [id, [] as string[]]));

    let isOver = false;
    const writing = organizations.map(async ({ id }) => {
      for (let step = 0; !isOver; step++) {
        const display_name = String(step);
        const { status } = await api.patch(`/organizations/${id}`, { display_name });
        if (status === 200) answered.get(id)!.push(display_name);
        else await delay(20);
      }
    });
    for (let crashes = 0; crashes < 5; crashes++) {
      const before = used.sink.taken.length;
      await eventually(
        () => Promise.resolve(used.sink.taken.length),
        (taken) => taken > before + 20,
      );
      await crash();
    }
    isOver = true;
    await Promise.all(writing);

    const client = await connected();
    const history = new Map<string, (string | null)[]>();
    for (const { id } of organizations) {
      const { rows } = await client.query<{ name: string | null }>(
        `SELECT after->>'display_name' AS name FROM changes WHERE organization_id = $1 ORDER BY sequence`,
        [id],
      );
      history.set(
        id,
        rows.map(({ name }) => name),
      );
    }
    await client.end();
    const namesOf = (id: string) =>
      used.sink.taken
        .filter(({ event }) => event.data.object.id === id)
        .map(({ event }) => (event.data.object['display_name'] as string | undefined) ?? null);
    for (const giveUpAt = Date.now() + 30_000; Date.now() < giveUpAt; await delay(50)) {
      if (organizations.every(({ id }) => namesOf(id).length === history.get(id)!.length)) break;
    }
    for (const { id } of organizations) {
      expect(namesOf(id)).toEqual(history.get(id));
      expect(history.get(id)).toEqual(expect.arrayContaining(answered.get(id)!));
    }
    await used.sink.until(() => true);
    await server.stop();
  }, 120_000);
});

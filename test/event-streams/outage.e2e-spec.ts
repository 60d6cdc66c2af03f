import { startApp, type TestApp } from '../support/app.js';
import { createCabledDatabase, type Cable } from '../support/cable.js';
import { eventually } from '../support/clock.js';
import { createStream } from '../support/event-streams.js';
import { createOrganization } from '../support/factories.js';
import { useSink } from '../support/sink.js';

describe('The delivery of events of a server whose database goes away', () => {
  const used = useSink();
  let cable: Cable;
  let app: TestApp;
  let stop: () => Promise<void>;

  beforeAll(async () => {
    const database = await createCabledDatabase();
    ({ cable } = database);
    ({ app, stop } = await startApp({
      database,
      env: { EVENT_DESTINATIONS_ALLOW: '127.0.0.1' },
      deadlines: { eventFirstPause: 10 },
    }));
  });
  afterAll(() => stop());

  it('continues by itself after the outage, and skips none', async () => {
    let isDown = false;
    used.sink.behaviour = () => ({ status: isDown ? 503 : 204 });
    await createStream(app.api, used.sink.url);
    const made = [(await createOrganization(app.api)).id];
    const arrived = () => new Set(used.sink.taken.map(({ event }) => event.data.object.id));
    for (let outage = 0; outage < 2; outage++) {
      await used.sink.until(() => made.every((id) => arrived().has(id)));
      // What the destination does not take now has to be written down when the database is away.
      isDown = true;
      made.push((await createOrganization(app.api)).id);
      await cable.cut();
      isDown = false;
      await cable.plugIn();
      const again = await eventually(
        () => createOrganization(app.api).catch(() => undefined),
        (organization) => organization !== undefined,
      );
      made.push(again!.id);
    }
    await used.sink.until(() => made.every((id) => arrived().has(id)));
    expect([...arrived()].sort()).toEqual([...made].sort());
  });
});

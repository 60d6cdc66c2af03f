import { itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createStream, webhook } from '../../support/event-streams.js';

const ENDPOINT = 'https://sink.invalid/';
const ABSENT = '/event-streams/est_0000000000000000000000';

describe('PATCH /event-streams/{id}', () => {
  const app = useApp();
  const idle = () => createStream(app.api, ENDPOINT, { name: 'Old', status: 'disabled' });

  itIsGuardedBy(app, { 'update:event_streams': 404 }, (api) => api.patch(ABSENT, { name: 'New' }));

  it.each([
    [{ id: 'est_1' }, "'Additional properties not allowed: id'"],
    [
      { destination: webhook('https://10.0.0.1/') },
      "'The destination is not allowed, its address is not public' on property destination.configuration.webhook_endpoint",
    ],
    [
      { destination: webhook(ENDPOINT, { method: 'bearer' }) },
      "'Missing required property: token' on property destination.configuration.webhook_authorization",
    ],
  ])('returns 400 for %.60j', async (body, detail) => {
    const { id } = await idle();
    expectAnswer(await app.api.patch(`/event-streams/${id}`, body), refusals.invalidBody(detail));
  });

  it('returns 404 for one that there is not', async () => {
    expectAnswer(await app.api.patch(ABSENT, { name: 'New' }), refusals.eventStreamNotFound);
  });

  it('changes what is sent, and nothing else', async () => {
    const stream = await idle();
    const path = `/event-streams/${stream.id}`;
    const subscriptions = [{ event_type: 'user.deleted' }];
    const changed = await app.api.patch<typeof stream>(path, { subscriptions });
    expect(changed.status).toBe(200);
    expect(changed.body).toEqual({ ...stream, subscriptions, updated_at: changed.body.updated_at });
    const authorization = { method: 'basic', username: 'user', password: 'a-password' };
    const moved = await app.api.patch<typeof stream>(path, {
      destination: webhook('https://other.invalid/', authorization),
    });
    expect(moved.body).toMatchObject({
      name: 'Old',
      subscriptions,
      destination: webhook('https://other.invalid/', { method: 'basic', username: 'user' }),
    });
    expect((await app.api.get(path)).body).toEqual(moved.body);
  });

  it('changes nothing for {}', async () => {
    const stream = await idle();
    expect((await app.api.patch(`/event-streams/${stream.id}`, {})).body).toEqual(stream);
  });
});

describe('DELETE /event-streams/{id}', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'delete:event_streams': 204 }, (api) => api.delete(ABSENT));

  it('removes it, and does nothing when there is none', async () => {
    const { id } = await createStream(app.api, ENDPOINT);
    const path = `/event-streams/${id}`;
    expect((await app.api.delete(path)).status).toBe(204);
    expect((await app.api.delete(path)).status).toBe(204);
    expectAnswer(await app.api.get(path), refusals.eventStreamNotFound);
  });
});

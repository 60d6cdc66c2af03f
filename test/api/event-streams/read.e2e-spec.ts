import { itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createStream, signingSecretOf, type CreatedStream } from '../../support/event-streams.js';

const ENDPOINT = 'https://sink.invalid/';
const ABSENT = '/event-streams/est_0000000000000000000000';

describe('GET /event-streams', () => {
  const app = useApp();
  const create = (name: string) => createStream(app.api, ENDPOINT, { name, status: 'disabled' });
  interface Listed {
    eventStreams: CreatedStream[];
    next?: string;
  }

  itIsGuardedBy(app, { 'read:event_streams': 200 }, (api) => api.get('/event-streams'));

  it('returns 400 for a from that it did not give out', async () => {
    expectAnswer(
      await app.api.get('/event-streams?from=abc'),
      refusals.invalidQuery("'Object didn't pass validation for format checkpoint' on property from"),
    );
  });

  it('lists them page by page, in the order they were made', async () => {
    const made = [await create('One'), await create('Two'), await create('Three')];
    const first = await app.api.get<Listed>('/event-streams?take=2');
    expect(first.body).toEqual({ eventStreams: made.slice(0, 2), next: expect.any(String) as string });
    const second = await app.api.get<Listed>(`/event-streams?take=2&from=${first.body.next}`);
    expect(second.body).toEqual({ eventStreams: made.slice(2) });
  });
});

describe('GET /event-streams/{id}', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'read:event_streams': 404 }, (api) => api.get(ABSENT));

  it('returns 404 for one that there is not', async () => {
    expectAnswer(await app.api.get(ABSENT), refusals.eventStreamNotFound);
  });
});

describe('POST /event-streams/{id}/signing-secret/rotate', () => {
  const app = useApp();
  const rotate = (id: string, body: object) => app.api.post(`${id}/signing-secret/rotate`, body);

  itIsGuardedBy(app, { 'update:event_streams': 404 }, (api) => api.post(`${ABSENT}/signing-secret/rotate`, {}));

  it('returns 404 for a stream that there is not, and 400 for a time that is no week', async () => {
    expectAnswer(await rotate(ABSENT, {}), refusals.eventStreamNotFound);
    expectAnswer(
      await rotate(ABSENT, { keep_seconds: 604_801 }),
      refusals.invalidBody("'Value 604801 is greater than maximum 604800' on property keep_seconds"),
    );
    expectAnswer(
      await rotate(ABSENT, { keep_seconds: -1 }),
      refusals.invalidBody("'Value -1 is less than minimum 0' on property keep_seconds"),
    );
  });
});

describe('GET /event-streams/{id}/signing-secret', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'read:event_stream_secrets': 404 }, (api) => api.get(`${ABSENT}/signing-secret`));

  it('returns 404 for a stream that there is not', async () => {
    expectAnswer(await app.api.get(`${ABSENT}/signing-secret`), refusals.eventStreamNotFound);
  });

  it('shows the secret, another one of each stream, which stays when the stream changes', async () => {
    const [one, other] = [
      await createStream(app.api, ENDPOINT, { status: 'disabled' }),
      await createStream(app.api, ENDPOINT, { status: 'disabled' }),
    ];
    const secret = await signingSecretOf(app.api, one.id);
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(await signingSecretOf(app.api, other.id)).not.toBe(secret);
    await app.api.patch(`/event-streams/${one.id}`, { name: 'New' });
    expect(await signingSecretOf(app.api, one.id)).toBe(secret);
  });
});

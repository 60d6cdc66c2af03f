import { itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import {
  createFailedDelivery,
  createStream,
  failedDeliveriesOf,
  webhook,
  type Delivery,
} from '../../support/event-streams.js';
import { expectEvent } from '../../support/event-schemas.js';
import { useSink, type ReceivedEvent } from '../../support/sink.js';

const ABSENT = '/event-streams/est_0000000000000000000000';
const EVENT = 'evt_0000000000000000000000';

describe('GET /event-streams/{id}/deliveries', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'read:event_deliveries': 404 }, (api) => api.get(`${ABSENT}/deliveries`));

  it.each([
    ['statuses=delivered', "'String does not match pattern ^failed$: delivered' on property statuses"],
    ['event_types=user.created,nothing', "'No enum match for: nothing' on property event_types"],
    ['date_from=2026-01-01', "'Object didn't pass validation for format date-time: 2026-01-01' on property date_from"],
    ['from=abc', "'Object didn't pass validation for format checkpoint' on property from"],
  ])('returns 400 for ?%s', async (query, detail) => {
    expectAnswer(await app.api.get(`${ABSENT}/deliveries?${query}`), refusals.invalidQuery(detail));
  });

  it('returns 404 for a stream that there is not', async () => {
    expectAnswer(await app.api.get(`${ABSENT}/deliveries`), refusals.eventStreamNotFound);
  });

  it('lists those that failed, filtered by type and time', async () => {
    const { path, eventId } = await createFailedDelivery(app.api);
    const id = path.split('/').at(-1)!;
    const [failed, ...others] = await failedDeliveriesOf(app.api, id);
    expect(others).toEqual([]);
    expect(failed).toEqual({
      id: eventId,
      event_stream_id: id,
      status: 'failed',
      event_type: 'organization.created',
      attempts: failed!.attempts,
    });
    const cannotBeReached = expect.stringMatching(/^The destination cannot be reached: E[A-Z_]+$/) as string;
    expect(failed!.attempts[0]).toMatchObject({ status: 'failed', error_message: cannotBeReached });
    const filtered = async (query: string) => (await failedDeliveriesOf(app.api, id, `?${query}`)).length;
    expect(await filtered('statuses=failed&event_types=organization.created,user.created')).toBe(1);
    expect(await filtered('event_types=user.created')).toBe(0);
    expect(await filtered('date_from=2020-01-01T00:00:00Z&date_to=2100-01-01T00:00:00Z')).toBe(1);
    expect(await filtered('date_to=2020-01-01T00:00:00Z')).toBe(0);
  });
});

describe('GET /event-streams/{id}/deliveries/{event_id}', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'read:event_deliveries': 404 }, (api) => api.get(`${ABSENT}/deliveries/${EVENT}`));

  it('returns 404 for a stream and for a delivery that there is not', async () => {
    const { id } = await createStream(app.api, 'https://sink.invalid/', { status: 'disabled' });
    expectAnswer(await app.api.get(`${ABSENT}/deliveries/${EVENT}`), refusals.eventStreamNotFound);
    expectAnswer(await app.api.get(`/event-streams/${id}/deliveries/${EVENT}`), refusals.eventDeliveryNotFound);
  });

  it('shows the event as it is sent', async () => {
    const { path, eventId } = await createFailedDelivery(app.api);
    const { body } = await app.api.get<Delivery>(`${path}/deliveries/${eventId}`);
    const event = body.event as ReceivedEvent;
    expectEvent(event);
    expect(event).toMatchObject({ id: eventId, type: 'organization.created' });
  });
});

describe('POST /event-streams/{id}/redeliver', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'update:event_deliveries': 404 }, (api) => api.post(`${ABSENT}/redeliver`, {}));

  it('returns 400 for a type that there is not', async () => {
    expectAnswer(
      await app.api.post(`${ABSENT}/redeliver`, { event_types: ['nothing'] }),
      refusals.invalidBody("'No enum match for: nothing' on property event_types"),
    );
  });

  it('returns 404 for a stream and for a delivery that there is not', async () => {
    const { id } = await createStream(app.api, 'https://sink.invalid/', { status: 'disabled' });
    expectAnswer(await app.api.post(`${ABSENT}/redeliver`, {}), refusals.eventStreamNotFound);
    expectAnswer(
      await app.api.post(`/event-streams/${id}/redeliver/${EVENT}`, undefined),
      refusals.eventDeliveryNotFound,
    );
  });

  it('makes due what it names', async () => {
    const { path } = await createFailedDelivery(app.api);
    const id = path.split('/').at(-1)!;
    await app.sql(`UPDATE event_deliveries SET next_attempt_at = 'infinity' WHERE stream_id = $1`, [id]);
    const due = async () =>
      (await app.sql('SELECT FROM event_deliveries WHERE stream_id = $1 AND next_attempt_at <= now()', [id])).length;
    const other = { event_types: ['user.created'] };
    expectAnswer(await app.api.post(`${path}/redeliver`, other), { status: 202, body: other });
    expect(await due()).toBe(0);
    expectAnswer(await app.api.post(`${path}/redeliver`, {}), { status: 202, body: {} });
    expect(await due()).toBe(1);
  });
});

describe('POST /event-streams/{id}/test', () => {
  const app = useApp({ env: { EVENT_DESTINATIONS_ALLOW: '127.0.0.1' } });
  const used = useSink();
  const idle = () => createStream(app.api, used.sink.url, { status: 'disabled' });

  itIsGuardedBy(app, { 'update:event_streams': 404 }, (api) =>
    api.post(`${ABSENT}/test`, { event_type: 'user.created' }),
  );

  it('returns 400 for a type that there is not', async () => {
    expectAnswer(
      await app.api.post(`${ABSENT}/test`, { event_type: 'nothing' }),
      refusals.invalidBody("'No enum match for: nothing' on property event_type"),
    );
  });

  it.each([
    'organization.created',
    'organization.updated',
    'organization.deleted',
    'organization.connection.added',
    'organization.connection.updated',
    'organization.connection.removed',
    'organization.member.added',
    'organization.member.deleted',
    'user.created',
    'user.updated',
    'user.deleted',
  ])('sends an example of %s and says how that went', async (event_type) => {
    const { id } = await idle();
    const { status, body } = await app.api.post<Delivery>(`/event-streams/${id}/test`, { event_type });
    const { event, headers } = used.sink.received.find((one) => one.event.a0stream === id)!;
    expectEvent(event);
    expect(headers.authorization).toBe('Bearer secret-token');
    expect({ status, body }).toEqual({
      status: 200,
      body: { id: event.id, event_stream_id: id, status: 'delivered', event_type, attempts: body.attempts, event },
    });
    expect(body.attempts).toEqual([
      { status: 'delivered', timestamp: expect.any(String) as string, duration: expect.any(Number) as number },
    ]);
  });

  it('sends the data that it is given, and says why it failed', async () => {
    used.sink.behaviour = () => ({ status: 418 });
    const { id } = await idle();
    const { body } = await app.api.post<Delivery>(`/event-streams/${id}/test`, {
      event_type: 'user.created',
      data: { a: 1 },
    });
    expect(used.sink.received.at(-1)!.event).toMatchObject({ type: 'user.created', data: { a: 1 } });
    expect(body).toMatchObject({
      status: 'failed',
      attempts: [{ status: 'failed', error_message: 'The destination answered 418' }],
    });
  });

  it('sends nothing in a dry run', async () => {
    const { id } = await idle();
    const before = used.sink.received.length;
    const write = { method: 'POST', path: `/event-streams/${id}/test`, body: { event_type: 'user.created' } };
    const { body } = await app.api.sendWrite<Delivery>(write, { 'vestibule-dry-run': 'true' });
    expect(body.attempts).toEqual([]);
    expect(used.sink.received.length).toBe(before);
  });
});

describe('A destination that leads elsewhere when it is connected to', () => {
  const app = useApp();
  const used = useSink();

  it.each([
    ['an address', '127.0.0.1'],
    ['a name', 'localhost'],
  ])('is not connected to by %s, whatever the stream says', async (_, host) => {
    const { id } = await createStream(app.api, 'https://sink.invalid/', { status: 'disabled' });
    // As if its name had had a public address when the stream was made.
    const endpoint = used.sink.url.replace('127.0.0.1', host);
    await app.sql('UPDATE event_streams SET endpoint = $2 WHERE id = $1', [id, endpoint]);
    const { body } = await app.api.post<Delivery>(`/event-streams/${id}/test`, { event_type: 'user.created' });
    expect(body.attempts[0]).toMatchObject({
      status: 'failed',
      error_message: 'The address of the destination is not public',
    });
    expect(used.sink.received).toEqual([]);
  });
});

describe('The secrets of event streams', () => {
  const app = useApp({ env: { LOG_LEVEL: 'trace' } });
  const used = useSink();

  it('come out nowhere but where they are asked for', async () => {
    const marker = 'marker-of-a-secret';
    const basic = { method: 'basic', username: 'user', password: `${marker}-password` };
    const bearer = { method: 'bearer', token: `${marker}-token` };
    const answers = [];
    for (const authorization of [basic, bearer]) {
      const body = {
        destination: webhook('https://sink.invalid/', authorization),
        subscriptions: [{ event_type: 'user.created' }],
      };
      const created = await app.api.post<{ id: string }>('/event-streams', body);
      const path = `/event-streams/${created.body.id}`;
      answers.push(
        created,
        await app.api.get(path),
        await app.api.get('/event-streams'),
        await app.api.patch(path, body),
        await app.api.post(`${path}/test`, { event_type: 'user.created' }),
        await app.api.get(`${path}/deliveries`),
      );
    }
    const out = JSON.stringify([answers.map(({ body }) => body), app.log, used.sink.received]);
    expect(out).not.toContain(marker);
    const secrets = await app.sql<{ secrets: string }>('SELECT secrets FROM event_streams');
    expect(secrets).toHaveLength(2);
    const keys = await Promise.all(
      (await app.sql<{ id: string }>('SELECT id FROM event_streams')).map(
        async ({ id }) =>
          (await app.api.get<{ signing_secret: string }>(`/event-streams/${id}/signing-secret`)).body.signing_secret,
      ),
    );
    for (const key of keys) expect(out).not.toContain(key);
    // The history and whatever else is kept has none of it either.
    const changes = JSON.stringify(await app.sql('SELECT to_jsonb(c) FROM changes c'));
    for (const secret of [marker, ...keys]) expect(changes).not.toContain(secret);
  });
});

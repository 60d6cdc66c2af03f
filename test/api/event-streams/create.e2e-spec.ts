import { itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createStream, webhook, type CreatedStream } from '../../support/event-streams.js';

const ENDPOINT = 'https://sink.invalid/hook?a=b';
const AT = 'destination.configuration.webhook_endpoint';
const bearer = { method: 'bearer', token: 'token' };

describe('POST /event-streams', () => {
  const app = useApp({
    env: { EVENT_DESTINATIONS_ALLOW: 'sink.internal, 10.1.0.0/16, fd00::1, 192.168.0.9' },
  });
  const create = (body: object) => app.api.post<CreatedStream>('/event-streams', body);
  const to = (endpoint: string) => create({ destination: webhook(endpoint), status: 'disabled' });

  itIsGuardedBy(app, { 'create:event_streams': 400 }, (api) => api.post('/event-streams', {}));

  it.each([
    [{}, "'Missing required property: destination'"],
    [
      { destination: { type: 'eventbridge', configuration: { aws_account_id: '123456789012' } } },
      "'No enum match for: eventbridge' on property destination.type",
    ],
    [
      { destination: { type: 'action', configuration: { action_id: 'x' } } },
      "'No enum match for: action' on property destination.type",
    ],
    [{ destination: { type: 'webhook' } }, "'Missing required property: configuration' on property destination"],
    [
      { destination: webhook(ENDPOINT, { method: 'custom_header', header_key: 'x', header_value: 'y' }) },
      "'No enum match for: custom_header' on property destination.configuration.webhook_authorization.method",
    ],
    [
      { destination: webhook(ENDPOINT, { method: 'basic', username: 'x' }) },
      "'Missing required property: password' on property destination.configuration.webhook_authorization",
    ],
    [
      { destination: webhook(ENDPOINT, { method: 'basic', username: 'a:b', password: 'x' }) },
      "'Object didn't pass validation for format username' on property destination.configuration.webhook_authorization.username",
    ],
    [
      { destination: webhook(ENDPOINT, { method: 'bearer', token: 'a\r\nx-injected: b' }) },
      "'Object didn't pass validation for format token' on property destination.configuration.webhook_authorization.token",
    ],
    [
      { destination: webhook(ENDPOINT, { ...bearer, password: 'x' }) },
      "'Additional properties not allowed: password' on property destination.configuration.webhook_authorization",
    ],
    [
      { destination: webhook(ENDPOINT), subscriptions: [{ event_type: 'user.signed_in' }] },
      "'No enum match for: user.signed_in' on property subscriptions.0.event_type",
    ],
    [
      {
        destination: webhook(ENDPOINT),
        subscriptions: [{ event_type: 'user.created' }, { event_type: 'user.created' }],
      },
      "'Array items are not unique (indexes 0 and 1)' on property subscriptions",
    ],
    [{ destination: webhook(ENDPOINT), status: 'paused' }, "'No enum match for: paused' on property status"],
    [{ destination: webhook(ENDPOINT), name: '' }, "'String is too short (0 chars), minimum 1' on property name"],
  ])('returns 400 for %.60j', async (body, detail) => {
    expectAnswer(await create(body), refusals.invalidBody(detail));
  });

  it.each([
    ['sink.invalid', 'it is no URL'],
    ['http://sink.invalid/', 'it must be https'],
    ['ftp://sink.internal/', 'it must be https'],
    ['https://user:password@sink.invalid/', 'it must have no user or password'],
    ['https://sink.invalid/#part', 'it must have no fragment'],
    ...[
      'https://localhost/',
      'https://sink.localhost/',
      'https://127.0.0.1/',
      'https://2130706433/',
      'https://0x7f.1/',
      'https://0.0.0.0/',
      'https://10.0.0.1/',
      'https://100.64.0.1/',
      'https://169.254.169.254/latest/meta-data/',
      'https://172.31.255.255/',
      'https://192.168.0.1/',
      'https://224.0.0.1/',
      'https://255.255.255.255/',
      'https://[::]/',
      'https://[::1]/',
      'https://[::ffff:127.0.0.1]/',
      'https://[::ffff:8.8.8.8]/',
      'https://[64:ff9b::7f00:1]/',
      'https://[2002:7f00:1::]/',
      'https://[fe80::1]/',
      'https://[fc00::1]/',
      'https://[ff02::1]/',
    ].map((endpoint) => [endpoint, 'its address is not public']),
  ])('returns 400 for the destination %s: %s', async (endpoint, problem) => {
    expectAnswer(
      await to(endpoint),
      refusals.invalidBody(`'The destination is not allowed, ${problem}' on property ${AT}`),
    );
  });

  it.each([
    'https://8.8.8.8/',
    'https://[2606:4700:4700::1111]/',
    'http://sink.internal:8080/',
    'https://SINK.internal/',
    'http://10.1.2.3/',
    'http://[fd00::1]/',
    'http://192.168.0.9/',
  ])('takes the destination %s', async (endpoint) => {
    expect((await to(endpoint)).status).toBe(201);
  });

  it('makes it as told, and shows no secret', async () => {
    const authorization = { method: 'basic', username: 'user', password: 'a-password' };
    const { status, body } = await create({
      name: 'Audit',
      destination: webhook(ENDPOINT, authorization),
      subscriptions: [{ event_type: 'user.created' }],
      status: 'disabled',
    });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^est_[0-9A-Za-z]{22}$/) as string,
      name: 'Audit',
      destination: webhook(ENDPOINT, { method: 'basic', username: 'user' }),
      subscriptions: [{ event_type: 'user.created' }],
      status: 'disabled',
      created_at: expect.any(String) as string,
      updated_at: body.created_at,
    });
    expect((await app.api.get(`/event-streams/${body.id}`)).body).toEqual(body);
  });

  it('is enabled and subscribed to nothing, unless told otherwise', async () => {
    const { body } = await create({ destination: webhook(ENDPOINT, bearer) });
    expect(body).toMatchObject({ status: 'enabled', subscriptions: [] });
    await app.api.delete(`/event-streams/${body.id}`);
  });

  it('returns 400 for one more than there can be, also when several are made at once', async () => {
    const [{ count } = { count: 0 }] = await app.sql<{ count: number }>('SELECT count(*)::int FROM event_streams');
    for (let made = count; made < 98; made++) await createStream(app.api, ENDPOINT, { status: 'disabled' });
    const answers = await Promise.all(Array.from({ length: 5 }, () => to(ENDPOINT)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 400, 400, 400]);
    expectAnswer(await to(ENDPOINT), refusals.eventStreamLimitReached);
  });
});

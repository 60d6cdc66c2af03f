import { Webhook } from 'standardwebhooks';
import { useApp } from '../support/app.js';
import { eventually } from '../support/clock.js';
import { createStream, signingSecretOf } from '../support/event-streams.js';
import { createOrganization } from '../support/factories.js';
import { Sink } from '../support/sink.js';

describe('The delivery of events', () => {
  const app = useApp({ env: { EVENT_DESTINATIONS_ALLOW: '127.0.0.0/8' } });
  let sink: Sink;

  beforeAll(async () => void (sink = await Sink.start()));
  afterAll(() => sink.stop());

  it('sends what has changed, signed as Standard Webhooks says and with the authorization of the stream', async () => {
    const stream = await createStream(app.api, `${sink.url}/signed?a=b`);
    const { id } = await createOrganization(app.api);
    const { path, headers, text, event } = await eventually(
      () => Promise.resolve(sink.received.find((one) => one.event.data.object.id === id)),
      (one) => one !== undefined,
    ).then((one) => one!);
    expect({
      path,
      authorization: headers.authorization,
      contentType: headers['content-type'],
      id: headers['webhook-id'],
    }).toEqual({
      path: '/signed?a=b',
      authorization: 'Bearer secret-token',
      contentType: 'application/json',
      id: event.id,
    });
    expect(event).toMatchObject({ type: 'organization.created', a0stream: stream.id });
    const webhook = new Webhook(await signingSecretOf(app.api, stream.id));
    expect(webhook.verify(text, headers as Record<string, string>)).toEqual(event);
    expect(() => webhook.verify(`${text} `, headers as Record<string, string>)).toThrow('No matching signature found');
  });
});

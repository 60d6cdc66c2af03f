import { randomUUID } from 'node:crypto';
import { SECRET_NAMES } from '../../src/encryption/secret-names.js';
import { useApp } from '../support/app.js';
import { eventually } from '../support/clock.js';
import { askForToken, createClient, withClients } from '../support/clients.js';
import { contentsOf } from '../support/contents.js';
import { createStream, failedDeliveriesOf, signingSecretOf, webhook } from '../support/event-streams.js';
import { createConnection, createEnabled, uniqueName } from '../support/factories.js';
import { marker, optionsWithSecrets } from '../support/secrets.js';
import { listening } from '../support/server-sent-events.js';
import { useSink } from '../support/sink.js';

describe('A secret that was sent to any field that takes one', () => {
  const app = useApp({ env: { METRICS_PORT: '0', EVENT_DESTINATIONS_ALLOW: '127.0.0.1' } });
  const used = useSink();

  it('comes out nowhere but where it is read by who may', async () => {
    const secrets: string[] = [];
    const plant = () => {
      secrets.push(marker());
      return secrets.at(-1)!;
    };
    const plantOptions = () => {
      const planted = optionsWithSecrets();
      secrets.push(...planted.secrets);
      const byName = Object.fromEntries([...SECRET_NAMES].map((name) => [name, plant()]));
      return { ...planted.options, nested: [byName], domain_aliases: [] };
    };
    const shown: unknown[] = [];
    /** What was answered is searched too. */
    const send = async (method: string, path: string, body: object, headers: Record<string, string> = {}) => {
      const answer = await app.api.sendWrite({ method, path, body }, headers);
      shown.push(answer.body);
      return answer;
    };

    // Streams, whose destination fails at first.
    let isFailing = true;
    used.sink.behaviour = () => ({ status: isFailing ? 500 : 204 });
    const stream = await createStream(app.api, used.sink.url, {
      destination: webhook(used.sink.url, { method: 'bearer', token: plant() }),
    });
    const basic = { method: 'basic', username: 'reader', password: plant() };
    await send('PATCH', `/event-streams/${stream.id}`, { destination: webhook(used.sink.url, basic) });
    secrets.push(await signingSecretOf(app.api, stream.id));
    await send('POST', '/event-streams', { destination: webhook('http://a', { method: 'bearer', token: plant() }) });

    // Connections: made, changed, repeated, refused. Their answers are for who may read options.
    const { organization, connection } = await createEnabled(app.api, 'oidc');
    const path = `/connections/${connection.id}`;
    const own = (answer: { status: number }) => expect(answer.status).toBeLessThan(300);
    own(await app.api.patch(path, { options: plantOptions() }));
    own(await app.api.patch(path, { options: plantOptions(), display_name: 'Changed' }));
    const made = { method: 'POST', path: '/connections', body: { name: uniqueName('con'), strategy: 'oidc' } };
    const keyed = { 'idempotency-key': randomUUID() };
    const write = { ...made, body: { ...made.body, options: plantOptions() } };
    for (let time = 0; time < 2; time++) own(await app.api.sendWrite(write, keyed));
    expect((await send('POST', '/connections', { ...write.body, options: plantOptions() })).status).toBe(409);
    const refused = { display_name: 1, options: plantOptions() };
    expect((await send('PATCH', path, refused)).status).toBe(400);
    expect((await send('PATCH', path, { options: plantOptions() }, { 'if-match': '"0"' })).status).toBe(412);
    expect((await send('PATCH', '/connections/con_0000000000000000', { options: plantOptions() })).status).toBe(404);
    own(
      await app.api.delete(`/connections/${(await createConnection(app.api, 'oidc', { options: plantOptions() })).id}`),
    );

    // Users, whose passwords are kept nowhere.
    const database = await createConnection(app.api, 'auth0');
    const user = { connection: database.name, email: `${uniqueName('ada')}@example.com` };
    const { body } = await send('POST', '/users', { ...user, password: plant() });
    const { user_id } = body as { user_id: string };
    await send('PATCH', `/users/${encodeURIComponent(user_id)}`, { password: plant(), connection: database.name });
    await send('POST', '/users', { ...user, password: plant() });
    own(await app.api.post(`/organizations/${organization.id}/members`, { members: [user_id] }));

    // Clients and their tokens, good and bad.
    const client = await createClient(app, ['read:connections']);
    secrets.push(client.client_secret);
    const rotated = await withClients(app, (clients) => clients.rotateSecret(client.client_id));
    secrets.push(rotated!);
    const { body: token } = await askForToken(app, { ...client, client_secret: rotated! });
    secrets.push(token.access_token);
    expect((await app.api.as(token.access_token).get('/connections')).status).toBe(200);
    shown.push((await askForToken(app, { ...client, client_secret: plant() })).body);
    shown.push((await app.api.as(plant()).get('/connections')).body);
    shown.push((await app.api.as(`${token.access_token.slice(0, -20)}${plant()}`).get('/connections')).body);

    // The organization's own event fails, and then all of them are taken.
    const failed = await eventually(
      () => failedDeliveriesOf(app.api, stream.id),
      (deliveries) => deliveries.length > 0,
    );
    isFailing = false;
    await app.api.post(`/event-streams/${stream.id}/redeliver`, {});
    await used.sink.until((taken) => taken.some(({ event }) => event.type === 'organization.member.added'));
    const pulled = await listening(app, '?from=0', {}, async (next) => {
      const messages = [];
      do messages.push(await next());
      while (messages.at(-1)!.event !== 'organization.member.added');
      return messages;
    });

    const logs = (await app.api.get<{ log_id: string }[]>('/logs?per_page=100')).body;
    expect(logs.length).toBeGreaterThan(5);
    const paths = [
      `/organizations/${organization.id}/history`,
      `/organizations/${organization.id}/connections/${connection.id}/history`,
      '/logs?take=100&from=0',
      ...logs.map(({ log_id }) => `/logs/${log_id}`),
      '/event-streams',
      `/event-streams/${stream.id}`,
      `/event-streams/${stream.id}/deliveries`,
      `/organizations/${organization.id}/connections`,
      `/organizations/${organization.id}/enabled_connections`,
      `/login/organizations/${organization.id}`,
      '/users',
    ];
    const comeOut: Record<string, string> = {
      answers: JSON.stringify(shown),
      'failed deliveries': JSON.stringify(failed),
      'events that were sent': used.sink.received.map(({ text }) => text).join('\n'),
      'events that were pulled': JSON.stringify(pulled),
      'the log': JSON.stringify(app.log),
      metrics: await (await fetch(`http://127.0.0.1:${app.server.metricsPort}/metrics`)).text(),
      'the database': await contentsOf(app),
    };
    for (const read of paths) comeOut[read] = JSON.stringify((await app.api.get(read)).body);

    const found = Object.entries(comeOut).flatMap(([place, text]) =>
      secrets.filter((secret) => text.includes(secret)).map((secret) => `${place}: ${secret}`),
    );
    expect(found).toEqual([]);
    // Each of the places was searched with something in it, and the secrets were those that were sent.
    for (const [place, text] of Object.entries(comeOut)) expect([place, text.length > 2]).toEqual([place, true]);
    expect(secrets.length).toBeGreaterThan(100);
    const read = await app.api.get<{ options: object }>(path);
    expect(secrets.some((secret) => JSON.stringify(read.body.options).includes(secret))).toBe(true);
  });
});

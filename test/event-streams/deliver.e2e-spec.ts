import pg from 'pg';
import { Webhook } from 'standardwebhooks';
import { useApp } from '../support/app.js';
import { eventually } from '../support/clock.js';
import { createStream, failedDeliveriesOf, signingSecretOf, webhook } from '../support/event-streams.js';
import {
  createConnection,
  createOrganization,
  createUser,
  DEFAULT_CONNECTION,
  uniqueName,
  type CreatedOrganization,
} from '../support/factories.js';
import { Sink, useSink, type Received, type ReceivedEvent } from '../support/sink.js';

const ALLOW = { EVENT_DESTINATIONS_ALLOW: '127.0.0.0/8' };

describe('The delivery of events', () => {
  const app = useApp({ env: ALLOW, deadlines: { eventFirstPause: 10, eventAnswer: 500 } });
  const used = useSink();

  /** A stream to a path of its own, and what arrives there. */
  async function streamTo(path: string, fields: object = {}) {
    const stream = await createStream(app.api, `${used.sink.url}${path}`, fields);
    const arrived = (taken: readonly Received[]) => taken.filter((one) => one.path === path);
    return {
      ...stream,
      received: () => arrived(used.sink.received),
      /** As soon as it is what is wanted. */
      taken: async (isWanted: (taken: readonly Received[]) => boolean) =>
        arrived(await used.sink.until((taken) => isWanted(arrived(taken)))),
    };
  }

  const ofOrganization = (id: string) => (one: Received) => organizationOf(one.event) === id;
  const typesOf = (received: readonly Received[]) => received.map(({ event }) => event.type);
  const rename = (id: string, display_name: string) => app.api.patch(`/organizations/${id}`, { display_name });

  it('sends changes, signed as in Standard Webhooks and with the authorization of the stream', async () => {
    const stream = await streamTo('/signed?a=b');
    const { id } = await createOrganization(app.api);
    const [{ headers, text, event }] = (await stream.taken((taken) => taken.some(ofOrganization(id)))).filter(
      ofOrganization(id),
    ) as [Received];
    expect({
      authorization: headers.authorization,
      contentType: headers['content-type'],
      id: headers['webhook-id'],
    }).toEqual({ authorization: 'Bearer secret-token', contentType: 'application/json', id: event.id });
    expect(event).toMatchObject({ type: 'organization.created', a0stream: stream.id });
    const webhook = new Webhook(await signingSecretOf(app.api, stream.id));
    expect(webhook.verify(text, headers as Record<string, string>)).toEqual(event);
    expect(() => webhook.verify(`${text} `, headers as Record<string, string>)).toThrow('No matching signature found');
  });

  it('signs with the previous secret too, for the given time after a rotation', async () => {
    const stream = await streamTo('/rotated');
    const path = `/event-streams/${stream.id}`;
    const secrets = [await signingSecretOf(app.api, stream.id)];
    /** Which of the secrets so far an event that is sent now is good for. */
    const goodFor = async () => {
      const { id } = await createOrganization(app.api);
      const taken = await stream.taken((all) => all.some(ofOrganization(id)));
      const { text, headers } = taken.find(ofOrganization(id))!;
      return secrets.map((secret) => {
        try {
          return new Webhook(secret).verify(text, headers as Record<string, string>) !== undefined;
        } catch {
          return false;
        }
      });
    };
    /** While it is disabled, so that nothing is signed by who has not heard of it. */
    const rotate = async (body: object) => {
      await app.api.patch(path, { status: 'disabled' });
      const before = Date.now();
      const answer = await app.api.post<{ previous_until: string }>(`${path}/signing-secret/rotate`, body);
      expect(answer.status).toBe(200);
      secrets.push(await signingSecretOf(app.api, stream.id));
      await app.api.patch(path, { status: 'enabled' });
      return Math.round((new Date(answer.body.previous_until).getTime() - before) / 1000);
    };
    expect(await goodFor()).toEqual([true]);
    expect(Math.abs((await rotate({})) - 86_400)).toBeLessThan(60);
    expect(await goodFor()).toEqual([true, true]);
    await app.api.patch(path, { destination: webhook(`${used.sink.url}/rotated`) });
    expect(await goodFor()).toEqual([true, true]);
    await rotate({ keep_seconds: 3 });
    expect((await eventually(goodFor, ([, previous]) => previous === false)).slice(1)).toEqual([false, true]);
    await rotate({ keep_seconds: 0 });
    expect(await goodFor()).toEqual([false, false, false, true]);
    expect(new Set(secrets).size).toBe(4);
  });

  it('sends basic authorization too', async () => {
    const authorization = { method: 'basic', username: 'user', password: 'pass:word' };
    const configuration = { webhook_endpoint: `${used.sink.url}/basic`, webhook_authorization: authorization };
    const stream = await streamTo('/basic', { destination: { type: 'webhook', configuration } });
    await createOrganization(app.api);
    const [first] = await stream.taken((taken) => taken.length > 0);
    expect(first!.headers.authorization).toBe(`Basic ${Buffer.from('user:pass:word').toString('base64')}`);
  });

  it('sends every change in order, with the previous object and the actor', async () => {
    const stream = await streamTo('/all');
    const { api } = app;
    const connection = await createConnection(api, 'okta');
    const organization = await createOrganization(api, {
      display_name: 'One',
      metadata: { plan: 'gold' },
      branding: { logo_url: null, colors: { primary: '#123456', page_background: '#ffffff' } },
    });
    const user = await createUser(api, { user_metadata: { color: 'red' } });
    const base = `/organizations/${organization.id}`;
    await rename(organization.id, 'Two');
    await api.post(`${base}/connections`, { connection_id: connection.id });
    await api.patch(`${base}/connections/${connection.id}`, {
      show_as_button: false,
      organization_member_access_level: 'readonly',
    });
    await api.delete(`${base}/connections/${connection.id}`);
    await api.post(`${base}/members`, { members: [user.user_id] });
    await api.delete(`${base}/members`, { members: [user.user_id] });
    await api.patch(`/users/${user.user_id}`, { blocked: true });
    await api.delete(`/users/${user.user_id}`);
    await api.delete(base);

    const taken = await stream.taken((so) => typesOf(so).includes('organization.deleted') && so.length >= 11);
    const events = taken.map(({ event }) => event).filter((event) => event.a0stream === stream.id);
    const show = ({ type, data: { object, previous_object } }: ReceivedEvent) => ({ type, object, previous_object });
    const organizationShown = { id: organization.id, name: organization.name, metadata: { plan: 'gold' } };
    const branding = { colors: { primary: '#123456', page_background: '#ffffff' } };
    const pair = { organization: { id: organization.id }, connection: { id: connection.id } };
    const organizationConnection = {
      ...pair,
      assign_membership_on_login: false,
      is_signup_enabled: false,
      show_as_button: true,
      is_enabled: true,
      organization_access_level: 'none',
    };
    expect(events.filter((event) => organizationOf(event) === organization.id).map(show)).toEqual([
      { type: 'organization.created', object: { ...organizationShown, display_name: 'One', branding } },
      {
        type: 'organization.updated',
        object: { ...organizationShown, display_name: 'Two', branding },
        previous_object: { ...organizationShown, display_name: 'One', branding },
      },
      { type: 'organization.connection.added', object: organizationConnection },
      {
        type: 'organization.connection.updated',
        object: { ...organizationConnection, show_as_button: false, organization_member_access_level: 'readonly' },
        previous_object: organizationConnection,
      },
      { type: 'organization.connection.removed', object: pair },
      {
        type: 'organization.member.added',
        object: { organization: { id: organization.id }, user: { user_id: user.user_id } },
      },
      {
        type: 'organization.member.deleted',
        object: { organization: { id: organization.id }, user: { user_id: user.user_id } },
      },
      { type: 'organization.deleted', object: { ...organizationShown, display_name: 'Two' } },
    ]);
    const ofUser = events.filter(({ data }) => data.object['user_id'] === user.user_id).map(show);
    const identities = [
      {
        connection: DEFAULT_CONNECTION,
        user_id: user.user_id.replace('auth0|', ''),
        provider: 'auth0',
        isSocial: false,
      },
    ];
    expect(ofUser.map(({ type }) => type)).toEqual(['user.created', 'user.updated', 'user.deleted']);
    expect(ofUser[0]!.object).toMatchObject({
      email: user.email,
      blocked: false,
      identities,
      user_metadata: { color: 'red' },
    });
    expect(ofUser[1]).toMatchObject({ object: { blocked: true }, previous_object: { blocked: false } });
    expect(events.find(({ type }) => type === 'organization.updated')!.data.context).toEqual({
      tenant: { id: 'localhost' },
      request: {
        geo: {},
        hostname: `127.0.0.1:${app.server.httpPort}`,
        ip: '127.0.0.1',
        method: 'PATCH',
        user_agent: 'node',
      },
    });
  });

  it('sends the removal of a user whose connection was removed', async () => {
    const stream = await streamTo('/gone');
    const connection = await createConnection(app.api);
    const { user_id } = await createUser(app.api, { connection: connection.name });
    await app.api.delete(`/connections/${connection.id}`);
    const taken = await stream.taken((so) => typesOf(so).includes('user.deleted'));
    const [deleted] = taken.filter(({ event }) => event.type === 'user.deleted');
    expect(deleted!.event.data.object).toMatchObject({
      user_id,
      identities: [{ connection: connection.name, provider: 'auth0' }],
    });
  });

  it('sends a row with any text in it', async () => {
    const stream = await streamTo('/any-text');
    const metadata = { nothing: '\u0000', half: '\ud800', '"connection_id":"x"': '"connection_id":"con_x"' };
    const { user_id } = await createUser(app.api, { user_metadata: metadata });
    const later = await createUser(app.api);
    const taken = await stream.taken((all) => all.some(({ text }) => text.includes(later.user_id)));
    const [first] = taken.map(({ event }) => event.data.object).filter((object) => object['user_id'] === user_id);
    expect(first).toMatchObject({ user_metadata: metadata, identities: [{ connection: DEFAULT_CONNECTION }] });
  });

  it('sends only the subscribed types', async () => {
    const stream = await streamTo('/some', { subscriptions: [{ event_type: 'organization.updated' }] });
    const { id } = await createOrganization(app.api);
    await createUser(app.api);
    await rename(id, 'New');
    expect(typesOf(await stream.taken((taken) => taken.length > 0))).toEqual(['organization.updated']);
  });

  it('sends no change that was rolled back or a dry run', async () => {
    const stream = await streamTo('/tried');
    const tried = { method: 'POST', path: '/organizations', body: { name: uniqueName('tried') } };
    expect((await app.api.sendWrite(tried, { 'vestibule-dry-run': 'true' })).status).toBe(201);
    const client = new pg.Client({ connectionString: app.databaseUrl });
    await client.connect();
    await client.query(
      `BEGIN; INSERT INTO organizations (id, name) VALUES ('org_rolledback000000', 'rolled-back'); ROLLBACK`,
    );
    await client.end();
    const { id } = await createOrganization(app.api);
    const taken = await stream.taken((so) => so.some(ofOrganization(id)));
    expect(taken.map(({ event }) => organizationOf(event))).toEqual([id]);
  });

  it('sends a change by plain SQL, without an actor', async () => {
    const stream = await streamTo('/sql');
    const { id } = await createOrganization(app.api);
    await app.sql(`UPDATE organizations SET display_name = 'By hand' WHERE id = $1`, [id]);
    const taken = await stream.taken((so) => typesOf(so).includes('organization.updated'));
    expect(taken.at(-1)!.event.data.context).toEqual({ tenant: { id: 'localhost' } });
  });

  it('skips no change that is committed after later ones', async () => {
    const stream = await streamTo('/late');
    const [slow, fast] = await Promise.all([createOrganization(app.api), createOrganization(app.api)]);
    const client = new pg.Client({ connectionString: app.databaseUrl });
    await client.connect();
    await client.query(`BEGIN; UPDATE organizations SET display_name = 'Late' WHERE id = '${slow.id}'`);
    await rename(fast.id, 'Early');
    await client.query('COMMIT');
    await client.end();
    const taken = await stream.taken(
      (so) => typesOf(so).filter((type) => type === 'organization.updated').length === 2,
    );
    const updated = taken.filter(({ event }) => event.type === 'organization.updated');
    expect(new Set(updated.map(({ event }) => organizationOf(event)))).toEqual(new Set([slow.id, fast.id]));
  });

  it('is at least once and in the order of each organization, from a sink that fails a third of the time', async () => {
    let count = 0;
    used.sink.behaviour = (_, path) => ({ status: path === '/third' && count++ % 3 === 0 ? 503 : 204 });
    const stream = await streamTo('/third');
    const organizations = await Promise.all(Array.from({ length: 8 }, () => createOrganization(app.api)));
    const numbers = Array.from({ length: 12 }, (_, at) => `${at}`);
    await Promise.all(
      organizations.map(async ({ id }) => {
        for (const number of numbers) await rename(id, number);
      }),
    );
    const perOrganization = (taken: readonly Received[]) =>
      organizations.map(({ id }) =>
        taken.filter(ofOrganization(id)).map(({ event }) => event.data.object['display_name']),
      );
    const taken = await stream.taken((so) => so.length >= organizations.length * 13);
    expect(perOrganization(taken)).toEqual(organizations.map(() => [undefined, ...numbers]));
    // Of what was tried again, nothing later had been sent before.
    const order = new Map(taken.map(({ event }, at) => [event.id, at]));
    for (const { id } of organizations) {
      const places = stream
        .received()
        .filter(ofOrganization(id))
        .map(({ event }) => order.get(event.id)!);
      expect(places).toEqual([...places].sort((a, b) => a - b));
    }
    const left = () => app.sql('SELECT FROM event_deliveries WHERE stream_id = $1', [stream.id]);
    expect(await eventually(left, (rows) => rows.length === 0)).toEqual([]);
  });

  it('continues for other organizations while an event fails, and repeats that with the same id', async () => {
    const bad: CreatedOrganization = await createOrganization(app.api);
    let isBad = true;
    used.sink.behaviour = (event) => ({ status: isBad && organizationOf(event) === bad.id ? 500 : 204 });
    const stream = await streamTo('/one-bad');
    await rename(bad.id, 'One');
    await rename(bad.id, 'Two');
    const good = await createOrganization(app.api);
    await stream.taken((taken) => taken.some(ofOrganization(good.id)));
    const [failed, ...others] = await eventually(
      () => failedDeliveriesOf(app.api, stream.id),
      (deliveries) => (deliveries[0]?.attempts.length ?? 0) > 2,
    );
    expect(others).toEqual([]);
    expect(failed).toMatchObject({ event_stream_id: stream.id, status: 'failed', event_type: 'organization.updated' });
    expect(failed!.attempts[0]).toMatchObject({ status: 'failed', error_message: 'The destination answered 500' });
    const tries = stream.received().filter(ofOrganization(bad.id));
    expect(new Set(tries.map(({ event }) => event.id))).toEqual(new Set([failed!.id]));
    isBad = false;
    await app.api.post(`/event-streams/${stream.id}/redeliver/${failed!.id}`, undefined);
    const taken = (await stream.taken((so) => so.filter(ofOrganization(bad.id)).length === 2)).filter(
      ofOrganization(bad.id),
    );
    expect(taken.map(({ event }) => event.data.object['display_name'])).toEqual(['One', 'Two']);
  });

  it('treats a redirect as a failure, and does not follow it', async () => {
    const elsewhere = await Sink.start();
    used.sink.behaviour = () => ({ status: 307, headers: { location: `${elsewhere.url}/caught` } });
    const stream = await streamTo('/redirect');
    await createOrganization(app.api);
    const [failed] = await eventually(
      () => failedDeliveriesOf(app.api, stream.id),
      (deliveries) => deliveries.length > 0,
    );
    expect(failed!.attempts[0]!.error_message).toBe('The destination answered 307');
    expect(elsewhere.received).toEqual([]);
    await elsewhere.stop();
    await app.api.delete(`/event-streams/${stream.id}`);
  });

  it('times out for a destination that does not answer, without delaying others', async () => {
    used.sink.behaviour = (_, path) => (path === '/silent' ? 'silence' : { status: 204 });
    const [silent, stream] = [await streamTo('/silent'), await streamTo('/awake')];
    const { id } = await createOrganization(app.api);
    await stream.taken((taken) => taken.some(ofOrganization(id)));
    const [failed] = await eventually(
      () => failedDeliveriesOf(app.api, silent.id),
      (deliveries) => deliveries.length > 0,
    );
    expect(failed!.attempts[0]!.error_message).toBe('The destination did not answer within 500 ms');
    await app.api.delete(`/event-streams/${silent.id}`);
  });

  it('stops for a disabled stream, and continues where it stopped', async () => {
    used.sink.behaviour = () => ({ status: 204 });
    const stream = await streamTo('/stopped');
    const path = `/event-streams/${stream.id}`;
    await app.api.patch(path, { status: 'disabled' });
    const { id } = await createOrganization(app.api);
    await rename(id, 'Meanwhile');
    await app.api.patch(path, { status: 'enabled' });
    const taken = await stream.taken((so) => so.filter(ofOrganization(id)).length === 2);
    expect(typesOf(taken.filter(ofOrganization(id)))).toEqual(['organization.created', 'organization.updated']);
  });
});

describe('A stream whose event has failed for too long', () => {
  const app = useApp({ env: ALLOW, deadlines: { eventFirstPause: 10, eventRetries: 100 } });
  const used = useSink();

  it('is paused with the reason, and continues with that event when enabled', async () => {
    used.sink.behaviour = () => ({ status: 410 });
    const { id } = await createStream(app.api, used.sink.url);
    const organization = await createOrganization(app.api);
    const paused = await eventually(
      async () => (await app.api.get<{ status: string; paused_reason?: string }>(`/event-streams/${id}`)).body,
      ({ status }) => status === 'disabled',
    );
    expect(paused.paused_reason).toMatch(/^evt_\w{22} was tried \d+ times since \S+: The destination answered 410$/);
    used.sink.behaviour = () => ({ status: 204 });
    const { body } = await app.api.patch<typeof paused>(`/event-streams/${id}`, { status: 'enabled' });
    expect(body).toMatchObject({ status: 'enabled' });
    expect(body).not.toHaveProperty('paused_reason');
    const [first] = await used.sink.until((taken) => taken.length > 0);
    expect(organizationOf(first!.event)).toBe(organization.id);
  });
});

/** Whose event it is. */
function organizationOf({ data: { object } }: ReceivedEvent): string | undefined {
  return (object['organization'] as { id: string } | undefined)?.id ?? object.id;
}

import { expectAnswer } from '../support/answers.js';
import { itIsGuardedBy } from '../support/access.js';
import { startApp, useApp } from '../support/app.js';
import { expectEvent } from '../support/event-schemas.js';
import { refusals } from '../support/errors.js';
import { createOrganization, createUser } from '../support/factories.js';
import { listening, type Message } from '../support/server-sent-events.js';

describe('GET /events', () => {
  const app = useApp({ deadlines: { eventHeartbeat: 50 } });

  itIsGuardedBy(app, { 'read:events': 400 }, (api) => api.get('/events?event_type=nothing'));

  it.each([
    ['from=abc', "'String does not match pattern ^\\d{1,15}$: abc' on property from"],
    [
      'from_timestamp=yesterday',
      "'Object didn't pass validation for format date-time: yesterday' on property from_timestamp",
    ],
    ['event_type=user.created&event_type=user.signed_in', "'No enum match for: user.signed_in' on property event_type"],
    ['from=999999999', "'Object didn't pass validation for format checkpoint' on property from"],
  ])('returns 400 for ?%s', async (query, detail) => {
    expectAnswer(await app.api.get(`/events?${query}`), refusals.invalidQuery(detail));
  });

  it('returns 400 for an invalid Last-Event-ID', async () => {
    expectAnswer(
      await app.api.request('GET', '/events', { headers: { 'last-event-id': 'abc' } }),
      refusals.invalidHeader("'Object didn't pass validation for format checkpoint: abc' on property Last-Event-ID"),
    );
  });

  it('sends events from now on', async () => {
    await createOrganization(app.api);
    await listening(app, '', {}, async (next, response) => {
      expect({ status: response.status, type: response.headers.get('content-type') }).toEqual({
        status: 200,
        type: 'text/event-stream',
      });
      const { id } = await createOrganization(app.api);
      const message = await nextEvent(next);
      expectEvent(message.data.event!);
      expect(message).toMatchObject({
        id: message.data.offset,
        event: 'organization.created',
        data: { event: { type: 'organization.created', data: { object: { id } } } },
      });
    });
  });

  it('continues after any event, by its offset or by Last-Event-ID', async () => {
    const seen = await listening(app, '', {}, async (next) => {
      const { id } = await createOrganization(app.api);
      for (const display_name of ['One', 'Two']) await app.api.patch(`/organizations/${id}`, { display_name });
      return [await nextEvent(next), await nextEvent(next), await nextEvent(next)] as const;
    });
    const again = await listening(app, `?from=${seen[0].data.offset}`, {}, async (next) => [
      await nextEvent(next),
      await nextEvent(next),
    ]);
    expect(again).toEqual([seen[1], seen[2]]);
    const browser = await listening(app, `?from=${seen[0].data.offset}`, { 'last-event-id': seen[1].id! }, (next) =>
      nextEvent(next),
    );
    expect(browser).toEqual(seen[2]);
  });

  it('starts with the oldest event, or at a time', async () => {
    const { id } = await createOrganization(app.api);
    const all = await listening(app, '?from=0', {}, async (next) => {
      const messages = [await nextEvent(next)];
      while (messages.at(-1)!.data.event!.data.object.id !== id) messages.push(await nextEvent(next));
      return messages;
    });
    const last = all.at(-1)!;
    const since = await listening(app, `?from_timestamp=${last.data.event!.time}`, {}, (next) => nextEvent(next));
    expect(since).toEqual(last);
  });

  it('sends only the requested types, and offsets in between', async () => {
    await listening(app, '?event_type=user.created&event_type=user.deleted', {}, async (next) => {
      await createOrganization(app.api);
      expect(await next()).toEqual({
        id: expect.any(String) as string,
        event: 'offset-only',
        data: { offset: expect.any(String) as string },
      });
      const { user_id } = await createUser(app.api);
      expect((await nextEvent(next)).data.event!.data.object['user_id']).toBe(user_id);
    });
  });

  it('returns 410 when the next event is no longer kept', async () => {
    const { id } = await createOrganization(app.api);
    await app.api.patch(`/organizations/${id}`, { display_name: 'Kept' });
    const [{ last } = { last: '' }] = await app.sql<{ last: string }>('SELECT max(sequence) AS last FROM changes');
    // As if all before it had been in a month that is over.
    await app.sql(`
      BEGIN; ALTER TABLE changes DISABLE TRIGGER USER; ALTER TABLE changes_default DISABLE TRIGGER USER;
      DO $$ DECLARE part regclass; BEGIN
        FOR part IN SELECT inhrelid::regclass FROM pg_inherits WHERE inhparent = 'changes'::regclass LOOP
          EXECUTE format('ALTER TABLE %s DISABLE TRIGGER USER', part);
        END LOOP;
      END $$;
      DELETE FROM changes WHERE sequence < ${last}; COMMIT`);
    expectAnswer(await app.api.get('/events?from=1'), refusals.eventsGone);
  });
});

describe('GET /events of a server that stops', () => {
  it('ends, so that clients reconnect to another server', async () => {
    const { app, stop } = await startApp();
    const response = await fetch(`${app.api.origin}/api/v2/events`, {
      headers: { authorization: `Bearer ${app.api.token}` },
    });
    const text = response.text();
    await stop();
    expect(await text).toBe(': events follow\n\n');
  });
});

async function nextEvent(next: () => Promise<Message>): Promise<Message> {
  for (;;) {
    const message = await next();
    if (message.event !== 'offset-only') return message;
  }
}

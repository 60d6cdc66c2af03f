import { eventually } from '../support/clock.js';
import { refusals } from '../support/errors.js';
import { createOrganization } from '../support/factories.js';
import { thrownBy, useSdk } from './sdk.js';

describe('The official SDK', () => {
  const sdk = useSdk();

  describe('event streams', () => {
    const destination = {
      type: 'webhook' as const,
      configuration: {
        webhook_endpoint: 'https://sink.invalid/',
        webhook_authorization: { method: 'bearer' as const, token: 'a-token' },
      },
    };
    const subscriptions = [{ event_type: 'organization.created' }];

    it('creates, gets, lists, updates and deletes', async () => {
      const { eventStreams } = sdk.client;
      const created = await eventStreams.create({ name: 'Audit', destination, subscriptions, status: 'disabled' });
      const expected = {
        id: created.id,
        name: 'Audit',
        subscriptions,
        destination: {
          type: 'webhook',
          configuration: { webhook_endpoint: 'https://sink.invalid/', webhook_authorization: { method: 'bearer' } },
        },
        status: 'disabled',
        created_at: created.created_at,
        updated_at: created.created_at,
      };
      expect(created).toEqual(expected);
      expect(await eventStreams.get(created.id!)).toEqual(expected);
      expect(await eventStreams.list({ take: 10 })).toEqual([expected]);
      const updated = await eventStreams.update(created.id!, { name: 'New', destination });
      expect(updated).toEqual({ ...expected, name: 'New', updated_at: updated.updated_at });
      await eventStreams.delete(created.id!);
      await eventStreams.delete(created.id!);
      expect(await thrownBy(eventStreams.get(created.id!))).toEqual({
        name: 'NotFoundError',
        statusCode: 404,
        body: refusals.eventStreamNotFound.body,
      });
    });

    it('tests a stream, and lists, gets and repeats what failed', async () => {
      const { eventStreams } = sdk.client;
      const { id = '' } = await eventStreams.create({ destination, subscriptions });
      expect(await eventStreams.test(id, { event_type: 'organization.created' })).toMatchObject({ status: 'failed' });
      await createOrganization(sdk.app.api);
      const [failed] = await eventually(
        () => eventStreams.deliveries.list(id),
        ({ length }) => length > 0,
      );
      expect(failed).toMatchObject({ event_stream_id: id, status: 'failed', event_type: 'organization.created' });
      const { event } = await eventStreams.deliveries.getHistory(id, failed!.id);
      expect(event).toMatchObject({ id: failed!.id, type: 'organization.created' });
      await eventStreams.redeliveries.createById(id, failed!.id);
      const filter = { event_types: ['organization.created' as const] };
      expect(await eventStreams.redeliveries.create(id, filter)).toEqual(filter);
      await eventStreams.delete(id);
    });
  });
});

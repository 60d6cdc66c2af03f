import { EVENT_TYPES } from '../../src/event-streams/domain/event-type.js';
import type { Api } from './api.js';
import { eventually } from './clock.js';
import { createOrganization } from './factories.js';

export interface CreatedStream {
  id: string;
  name?: string;
  status: string;
  paused_reason?: string;
  subscriptions: { event_type: string }[];
  destination: object;
  created_at: string;
  updated_at: string;
}

export const webhook = (endpoint: string, authorization: object = { method: 'bearer', token: 'secret-token' }) => ({
  type: 'webhook',
  configuration: { webhook_endpoint: endpoint, webhook_authorization: authorization },
});

export const allTypes = EVENT_TYPES.map((event_type) => ({ event_type }));

/** A stream of all events to this URL. */
export async function createStream(api: Api, endpoint: string, fields: object = {}): Promise<CreatedStream> {
  const body = { destination: webhook(endpoint), subscriptions: allTypes, ...fields };
  const answer = await api.post<CreatedStream>('/event-streams', body);
  if (answer.status !== 201) throw new Error(`POST /event-streams: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

export async function signingSecretOf(api: Api, id: string): Promise<string> {
  return (await api.get<{ signing_secret: string }>(`/event-streams/${id}/signing-secret`)).body.signing_secret;
}

export interface Delivery {
  id: string;
  event_stream_id: string;
  status: string;
  event_type: string;
  attempts: { status: string; timestamp: string; error_message?: string; duration: number }[];
  event?: object;
}

export async function failedDeliveriesOf(api: Api, id: string, query = ''): Promise<Delivery[]> {
  return (await api.get<{ deliveries: Delivery[] }>(`/event-streams/${id}/deliveries${query}`)).body.deliveries;
}

/** A stream that is disabled after a failed event: its destination has a host name that cannot exist. */
export async function createFailedDelivery(api: Api): Promise<{ path: string; eventId: string }> {
  const { id } = await createStream(api, 'https://sink.invalid/');
  await createOrganization(api);
  const [failed] = await eventually(
    () => failedDeliveriesOf(api, id),
    (deliveries) => deliveries.length > 0,
  );
  const path = `/event-streams/${id}`;
  await api.patch(path, { status: 'disabled' });
  return { path, eventId: failed!.id };
}

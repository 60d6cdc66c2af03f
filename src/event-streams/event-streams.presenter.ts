import type { EventStream } from '../database/client.js';
import { tagged } from '../http/entity-tag.js';
import type { RecordedAttempt } from './deliveries.repository.js';
import type { DeliveryResponse, EventStreamResponse } from './dto/event-stream.dto.js';
import type { FailedDelivery, TestDelivery } from './event-streams.service.js';

/** Shows no passwords, tokens and keys. */
export function presentEventStream(row: EventStream): EventStreamResponse {
  return {
    id: row.id,
    ...(row.name === null ? undefined : { name: row.name }),
    subscriptions: row.eventTypes.map((event_type) => ({ event_type })),
    destination: {
      type: 'webhook',
      configuration: {
        webhook_endpoint: row.endpoint,
        webhook_authorization: {
          method: row.authorization,
          ...(row.username === null ? undefined : { username: row.username }),
        },
      },
    },
    status: row.status === 'enabled' ? 'enabled' : 'disabled',
    ...(row.pausedReason === null ? undefined : { paused_reason: row.pausedReason }),
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

/** A stream with its ETag. */
export const presentOneEventStream = (row: EventStream): EventStreamResponse => tagged(presentEventStream(row), row);

export function presentFailedDelivery({ delivery, event }: FailedDelivery): DeliveryResponse {
  const attempts = delivery.attempts as unknown as RecordedAttempt[];
  return {
    id: delivery.eventId!,
    event_stream_id: delivery.streamId,
    status: 'failed',
    event_type: delivery.eventType!,
    attempts: attempts.map(({ timestamp, error_message, duration }) => ({
      status: 'failed',
      timestamp,
      error_message,
      duration,
    })),
    ...(event && { event }),
  };
}

/** A dry run has no attempt and is shown as delivered. */
export function presentTestDelivery({ event, attempt }: TestDelivery): DeliveryResponse {
  const status = attempt?.error === undefined ? 'delivered' : 'failed';
  const attempts = attempt && {
    status,
    timestamp: attempt.at.toISOString(),
    ...(attempt.error !== undefined && { error_message: attempt.error }),
    duration: attempt.milliseconds,
  };
  return {
    id: event.id,
    event_stream_id: event.a0stream,
    status,
    event_type: event.type,
    attempts: attempts ? [attempts] : [],
    event,
  } as DeliveryResponse;
}

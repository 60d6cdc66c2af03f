import { DomainError } from '../../errors/domain-error.js';
import { at, WORDING } from '../../http/validation/wording.js';
import type {
  Authorization,
  EventStreamChanges,
  EventStreamDraft,
  WebhookDestination,
} from '../domain/event-stream.js';
import type { StartingPoint } from '../event-feed.js';
import { EVENT_TYPES } from '../domain/event-type.js';
import type { DeliveryFilter } from '../event-streams.repository.js';
import type {
  DestinationDto,
  EventStreamCreateDto,
  EventStreamUpdateDto,
  ListDeliveriesDto,
  RedeliverDto,
  SubscribeToEventsDto,
  WebhookAuthorizationDto,
} from './event-stream.dto.js';

const AUTHORIZATION = ['destination', 'configuration', 'webhook_authorization'];

export function draftOf(dto: EventStreamCreateDto): EventStreamDraft {
  const { eventTypes = [], isEnabled = true, ...rest } = changesOf(dto);
  return { ...rest, destination: destinationOf(dto.destination), eventTypes, isEnabled };
}

export function changesOf(dto: EventStreamUpdateDto): EventStreamChanges {
  return {
    name: dto.name,
    destination: dto.destination && destinationOf(dto.destination),
    eventTypes: dto.subscriptions?.map(({ event_type }) => event_type),
    isEnabled: dto.status && dto.status === 'enabled',
  };
}

function destinationOf({ configuration }: DestinationDto): WebhookDestination {
  return {
    endpoint: configuration.webhook_endpoint,
    authorization: authorizationOf(configuration.webhook_authorization),
  };
}

function authorizationOf(dto: WebhookAuthorizationDto): Authorization {
  switch (dto.method) {
    case 'basic':
      refuse(dto, 'token');
      // A colon ends the user name (RFC 7617).
      return { method: 'basic', username: required(dto, 'username', /^[^:]+$/), password: required(dto, 'password') };
    case 'bearer':
      refuse(dto, 'username');
      refuse(dto, 'password');
      return { method: 'bearer', token: required(dto, 'token', /^[\x21-\x7e]+$/) };
  }
}

type Part = 'username' | 'password' | 'token';

/** Returns the part's value. The error of a wrong format does not quote it, because it may be secret. */
function required(dto: WebhookAuthorizationDto, part: Part, form = /^/): string {
  const value = dto[part];
  if (value === undefined) throw refused(`Missing required property: ${part}`);
  if (!form.test(value)) throw refused(`Object didn't pass validation for format ${part}`, part);
  return value;
}

function refuse(dto: WebhookAuthorizationDto, part: Part): void {
  if (dto[part] !== undefined) throw refused(`Additional properties not allowed: ${part}`);
}

const refused = (detail: string, ...part: Part[]) =>
  new DomainError('body_invalid', at(detail, [...AUTHORIZATION, ...part]));

export function filterOf(dto: ListDeliveriesDto): DeliveryFilter {
  const eventTypes = dto.event_types?.split(',').map((type) => type.trim());
  const unknown = eventTypes?.find((type) => !(EVENT_TYPES as readonly string[]).includes(type));
  if (unknown !== undefined) throw new DomainError('query_invalid', at(WORDING.isIn(unknown), ['event_types']));
  return { eventTypes, ...periodOf(dto) };
}

export function redeliveryFilterOf(dto: RedeliverDto): DeliveryFilter {
  return { eventTypes: dto.event_types, ...periodOf(dto) };
}

const periodOf = ({ date_from, date_to }: Pick<RedeliverDto, 'date_from' | 'date_to'>) => ({
  from: date_from === undefined ? undefined : new Date(date_from),
  to: date_to === undefined ? undefined : new Date(date_to),
});

/** `Last-Event-ID`, which a browser sends when it reconnects, takes precedence over the query. */
export function startingPointOf(dto: SubscribeToEventsDto, lastEventId: string | undefined): StartingPoint {
  if (lastEventId !== undefined && !/^\d{1,15}$/.test(lastEventId)) {
    throw new DomainError('header_invalid', at(WORDING.isFormat(lastEventId, 'checkpoint'), ['Last-Event-ID']));
  }
  const offset = lastEventId ?? dto.from;
  if (offset !== undefined) return { offset: Number(offset) };
  return dto.from_timestamp === undefined ? {} : { time: new Date(dto.from_timestamp) };
}

import { ApiProperty } from '@nestjs/swagger';
import {
  EnumField,
  IntegerField,
  JsonObjectField,
  ObjectField,
  ObjectListField,
  StringField,
  StringListField,
} from '../../http/validation/fields.js';
import { MAX_SECRET_OVERLAP_SECONDS, SECRET_OVERLAP_SECONDS } from '../domain/event-stream.js';
import { EVENT_TYPES, type EventType } from '../domain/event-type.js';

const MAX_NAME_LENGTH = 128;
const MAX_URL_LENGTH = 2048;
const MAX_CREDENTIAL_LENGTH = 4096;
const MAX_PAGE_SIZE = 100;
const MAX_TEST_DATA_BYTES = 65_536;

const DESTINATIONS = ['webhook'] as const;
const METHODS = ['basic', 'bearer'] as const;
/** A stream that the service itself has paused is disabled, and says why. */
const STATUSES = ['enabled', 'disabled'] as const;
const ATTEMPT_STATUSES = ['delivered', 'failed'] as const;

export class EventStreamPathDto {
  @StringField({ required: true, maxLength: 50 })
  id!: string;
}

export class EventDeliveryPathDto extends EventStreamPathDto {
  @StringField({ required: true, maxLength: 50 })
  event_id!: string;
}

export class ListEventStreamsDto {
  @StringField({ description: 'The `next` of the page before' })
  from?: string;

  @IntegerField({ minimum: 1, maximum: MAX_PAGE_SIZE })
  take?: number;
}

export class SubscriptionDto {
  @EnumField(EVENT_TYPES, { required: true })
  event_type!: EventType;
}

export class WebhookAuthorizationDto {
  @EnumField(METHODS, { required: true })
  method!: (typeof METHODS)[number];

  @StringField({ minLength: 1, maxLength: MAX_CREDENTIAL_LENGTH, description: 'Of basic authorization' })
  username?: string;

  @StringField({ minLength: 1, maxLength: MAX_CREDENTIAL_LENGTH, description: 'Of basic authorization. Never shown.' })
  password?: string;

  @StringField({ minLength: 1, maxLength: MAX_CREDENTIAL_LENGTH, description: 'Of bearer authorization. Never shown.' })
  token?: string;
}

export class WebhookConfigurationDto {
  @StringField({ required: true, minLength: 1, maxLength: MAX_URL_LENGTH, description: 'An https URL' })
  webhook_endpoint!: string;

  @ObjectField(() => WebhookAuthorizationDto, { required: true })
  webhook_authorization!: WebhookAuthorizationDto;
}

export class DestinationDto {
  @EnumField(DESTINATIONS, { required: true })
  type!: (typeof DESTINATIONS)[number];

  @ObjectField(() => WebhookConfigurationDto, { required: true })
  configuration!: WebhookConfigurationDto;
}

class EventStreamFieldsDto {
  @StringField({ minLength: 1, maxLength: MAX_NAME_LENGTH })
  name?: string;

  @ObjectListField(() => SubscriptionDto, { maxItems: EVENT_TYPES.length, uniqueBy: 'event_type' })
  subscriptions?: SubscriptionDto[];

  @EnumField(STATUSES)
  status?: (typeof STATUSES)[number];
}

export class EventStreamCreateDto extends EventStreamFieldsDto {
  @ObjectField(() => DestinationDto, { required: true })
  destination!: DestinationDto;
}

export class EventStreamUpdateDto extends EventStreamFieldsDto {
  @ObjectField(() => DestinationDto)
  destination?: DestinationDto;
}

export class TestEventDto {
  @EnumField(EVENT_TYPES, { required: true })
  event_type!: EventType;

  @JsonObjectField({ maxBytes: MAX_TEST_DATA_BYTES, description: 'Its `data`, in place of an example' })
  data?: Record<string, unknown>;
}

export class ListDeliveriesDto extends ListEventStreamsDto {
  @StringField({ pattern: /^failed$/, description: 'Only those that failed are kept' })
  statuses?: string;

  @StringField({ description: 'Types of events, separated by commas' })
  event_types?: string;

  @StringField({ format: 'date-time', description: 'The event happened at this time or later' })
  date_from?: string;

  @StringField({ format: 'date-time', description: 'The event happened before this time' })
  date_to?: string;
}

export class RedeliverDto {
  @StringField({ format: 'date-time', description: 'The event happened at this time or later' })
  date_from?: string;

  @StringField({ format: 'date-time', description: 'The event happened before this time' })
  date_to?: string;

  @StringListField({ item: { enum: ['failed'] } })
  statuses?: string[];

  @StringListField({ item: { enum: EVENT_TYPES } })
  event_types?: EventType[];
}

export class WebhookAuthorizationResponse {
  @ApiProperty({ enum: METHODS })
  method!: (typeof METHODS)[number];

  @ApiProperty({ required: false })
  username?: string;
}

export class WebhookConfigurationResponse {
  @ApiProperty()
  webhook_endpoint!: string;

  @ApiProperty({ type: () => WebhookAuthorizationResponse })
  webhook_authorization!: WebhookAuthorizationResponse;
}

export class DestinationResponse {
  @ApiProperty({ enum: DESTINATIONS })
  type!: (typeof DESTINATIONS)[number];

  @ApiProperty({ type: () => WebhookConfigurationResponse })
  configuration!: WebhookConfigurationResponse;
}

export class SubscriptionResponse {
  @ApiProperty({ enum: EVENT_TYPES })
  event_type!: string;
}

export class EventStreamResponse {
  @ApiProperty()
  id!: string;

  @ApiProperty({ required: false })
  name?: string;

  @ApiProperty({ type: () => [SubscriptionResponse] })
  subscriptions!: SubscriptionResponse[];

  @ApiProperty({ type: () => DestinationResponse })
  destination!: DestinationResponse;

  @ApiProperty({ enum: STATUSES })
  status!: (typeof STATUSES)[number];

  @ApiProperty({ required: false, description: 'Why the service has paused it. Enabling it goes on where it stopped.' })
  paused_reason?: string;

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ format: 'date-time' })
  updated_at!: string;
}

export class ListEventStreamsResponse {
  @ApiProperty({ type: () => [EventStreamResponse] })
  eventStreams!: EventStreamResponse[];

  @ApiProperty({ required: false })
  next?: string;
}

export class SigningSecretResponse {
  @ApiProperty({ description: 'As Standard Webhooks writes it, for its libraries' })
  signing_secret!: string;
}

export class RotateSigningSecretDto {
  @IntegerField({
    minimum: 0,
    maximum: MAX_SECRET_OVERLAP_SECONDS,
    description: `For how long events are signed with the present one too, ${SECRET_OVERLAP_SECONDS} by default`,
  })
  keep_seconds?: number;
}

export class RotatedSigningSecretResponse {
  @ApiProperty({ format: 'date-time', description: 'Until when events are signed with the one before too' })
  previous_until!: string;
}

export class DeliveryAttemptResponse {
  @ApiProperty({ enum: ATTEMPT_STATUSES })
  status!: (typeof ATTEMPT_STATUSES)[number];

  @ApiProperty({ format: 'date-time' })
  timestamp!: string;

  @ApiProperty({ required: false })
  error_message?: string;

  @ApiProperty({ description: 'In milliseconds' })
  duration!: number;
}

export class DeliveryResponse {
  @ApiProperty({ description: 'That of the event' })
  id!: string;

  @ApiProperty()
  event_stream_id!: string;

  @ApiProperty({ enum: ATTEMPT_STATUSES })
  status!: (typeof ATTEMPT_STATUSES)[number];

  @ApiProperty({ enum: EVENT_TYPES })
  event_type!: string;

  @ApiProperty({ type: () => [DeliveryAttemptResponse], description: 'The last ones, oldest first' })
  attempts!: DeliveryAttemptResponse[];

  @ApiProperty({ selfRequired: false, type: 'object', additionalProperties: true, description: 'As it is sent' })
  event?: object;
}

export class ListDeliveriesResponse {
  @ApiProperty({ type: () => [DeliveryResponse] })
  deliveries!: DeliveryResponse[];

  @ApiProperty({ required: false })
  next?: string;
}

export class RedeliveryResponse {
  @ApiProperty({ required: false, format: 'date-time' })
  date_from?: string;

  @ApiProperty({ required: false, format: 'date-time' })
  date_to?: string;

  @ApiProperty({ required: false, type: [String] })
  statuses?: string[];

  @ApiProperty({ required: false, type: [String] })
  event_types?: string[];
}

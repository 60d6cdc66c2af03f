import { ApiProperty } from '@nestjs/swagger';
import { CheckpointPagingDto } from '../../http/pagination.js';
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
const MAX_TEST_DATA_BYTES = 65_536;

const DESTINATIONS = ['webhook'] as const;
const METHODS = ['basic', 'bearer'] as const;
/** A paused stream is shown as disabled, with a `paused_reason`. */
const STATUSES = ['enabled', 'disabled'] as const;
const ATTEMPT_STATUSES = ['delivered', 'failed'] as const;

export class EventStreamPathDto {
  @StringField({ required: true, maxLength: 50 }) id!: string;
}

export class EventDeliveryPathDto extends EventStreamPathDto {
  @StringField({ required: true, maxLength: 50 }) event_id!: string;
}

export class SubscriptionDto {
  @EnumField(EVENT_TYPES, { required: true }) event_type!: EventType;
}

export class WebhookAuthorizationDto {
  @EnumField(METHODS, { required: true }) method!: (typeof METHODS)[number];

  @StringField({ minLength: 1, maxLength: MAX_CREDENTIAL_LENGTH, description: 'For basic authorization' })
  username?: string;

  @StringField({ minLength: 1, maxLength: MAX_CREDENTIAL_LENGTH, description: 'For basic authorization. Never shown.' })
  password?: string;

  @StringField({
    minLength: 1,
    maxLength: MAX_CREDENTIAL_LENGTH,
    description: 'For bearer authorization. Never shown.',
  })
  token?: string;
}

export class WebhookConfigurationDto {
  @StringField({ required: true, minLength: 1, maxLength: MAX_URL_LENGTH, description: 'An https URL' })
  webhook_endpoint!: string;

  @ObjectField(() => WebhookAuthorizationDto, { required: true }) webhook_authorization!: WebhookAuthorizationDto;
}

export class DestinationDto {
  @EnumField(DESTINATIONS, { required: true }) type!: (typeof DESTINATIONS)[number];
  @ObjectField(() => WebhookConfigurationDto, { required: true }) configuration!: WebhookConfigurationDto;
}

class EventStreamFieldsDto {
  @StringField({ minLength: 1, maxLength: MAX_NAME_LENGTH }) name?: string;

  @ObjectListField(() => SubscriptionDto, { maxItems: EVENT_TYPES.length, uniqueBy: 'event_type' })
  subscriptions?: SubscriptionDto[];

  @EnumField(STATUSES) status?: (typeof STATUSES)[number];
}

export class EventStreamCreateDto extends EventStreamFieldsDto {
  @ObjectField(() => DestinationDto, { required: true }) destination!: DestinationDto;
}

export class EventStreamUpdateDto extends EventStreamFieldsDto {
  @ObjectField(() => DestinationDto) destination?: DestinationDto;
}

export class TestEventDto {
  @EnumField(EVENT_TYPES, { required: true }) event_type!: EventType;

  @JsonObjectField({ maxBytes: MAX_TEST_DATA_BYTES, description: 'The `data` of the event, instead of an example' })
  data?: Record<string, unknown>;
}

export class ListDeliveriesDto extends CheckpointPagingDto {
  @StringField({ pattern: /^failed$/, description: 'Only failed deliveries are stored' }) statuses?: string;
  @StringField({ description: 'Types of events, separated by commas' }) event_types?: string;
  @StringField({ format: 'date-time', description: 'The event happened at this time or later' }) date_from?: string;
  @StringField({ format: 'date-time', description: 'The event happened before this time' }) date_to?: string;
}

export class RedeliverDto {
  @StringField({ format: 'date-time', description: 'The event happened at this time or later' }) date_from?: string;
  @StringField({ format: 'date-time', description: 'The event happened before this time' }) date_to?: string;
  @StringListField({ item: { enum: ['failed'] } }) statuses?: string[];
  @StringListField({ item: { enum: EVENT_TYPES } }) event_types?: EventType[];
}

export class WebhookAuthorizationResponse {
  @ApiProperty({ enum: METHODS }) method!: (typeof METHODS)[number];
  @ApiProperty({ required: false }) username?: string;
}

export class WebhookConfigurationResponse {
  @ApiProperty() webhook_endpoint!: string;
  @ApiProperty() webhook_authorization!: WebhookAuthorizationResponse;
}

export class DestinationResponse {
  @ApiProperty({ enum: DESTINATIONS }) type!: (typeof DESTINATIONS)[number];
  @ApiProperty() configuration!: WebhookConfigurationResponse;
}

export class SubscriptionResponse {
  @ApiProperty({ enum: EVENT_TYPES }) event_type!: string;
}

export class EventStreamResponse {
  @ApiProperty() id!: string;
  @ApiProperty({ required: false }) name?: string;
  @ApiProperty({ type: () => [SubscriptionResponse] }) subscriptions!: SubscriptionResponse[];
  @ApiProperty() destination!: DestinationResponse;
  @ApiProperty({ enum: STATUSES }) status!: (typeof STATUSES)[number];

  @ApiProperty({
    required: false,
    description: 'Why the service has paused it. Delivery continues where it stopped when it is enabled.',
  })
  paused_reason?: string;

  @ApiProperty({ format: 'date-time' }) created_at!: string;
  @ApiProperty({ format: 'date-time' }) updated_at!: string;
}

export class ListEventStreamsResponse {
  @ApiProperty({ type: () => [EventStreamResponse] }) eventStreams!: EventStreamResponse[];
  @ApiProperty({ required: false }) next?: string;
}

export class SigningSecretResponse {
  @ApiProperty({ description: 'In the form of Standard Webhooks, for its libraries' }) signing_secret!: string;
}

export class RotateSigningSecretDto {
  @IntegerField({
    minimum: 0,
    maximum: MAX_SECRET_OVERLAP_SECONDS,
    description: `How long events are also signed with the present secret, ${SECRET_OVERLAP_SECONDS} by default`,
  })
  keep_seconds?: number;
}

export class RotatedSigningSecretResponse {
  @ApiProperty({ format: 'date-time', description: 'Until when events are also signed with the previous secret' })
  previous_until!: string;
}

export class DeliveryAttemptResponse {
  @ApiProperty({ enum: ATTEMPT_STATUSES }) status!: (typeof ATTEMPT_STATUSES)[number];
  @ApiProperty({ format: 'date-time' }) timestamp!: string;
  @ApiProperty({ required: false }) error_message?: string;
  @ApiProperty({ description: 'In milliseconds' }) duration!: number;
}

export class DeliveryResponse {
  @ApiProperty({ description: 'The id of the event' }) id!: string;
  @ApiProperty() event_stream_id!: string;
  @ApiProperty({ enum: ATTEMPT_STATUSES }) status!: (typeof ATTEMPT_STATUSES)[number];
  @ApiProperty({ enum: EVENT_TYPES }) event_type!: string;

  @ApiProperty({ type: () => [DeliveryAttemptResponse], description: 'The latest attempts, oldest first' })
  attempts!: DeliveryAttemptResponse[];

  @ApiProperty({
    selfRequired: false,
    type: 'object',
    additionalProperties: true,
    description: 'The event as it is sent',
  })
  event?: object;
}

export class ListDeliveriesResponse {
  @ApiProperty({ type: () => [DeliveryResponse] }) deliveries!: DeliveryResponse[];
  @ApiProperty({ required: false }) next?: string;
}

/** Repeats the filter of the request. */
export class RedeliveryResponse extends RedeliverDto {}

export class SubscribeToEventsDto {
  @StringField({
    pattern: /^\d{1,15}$/,
    description: 'The `offset` of an event, for those after it; 0 for all that are stored',
  })
  from?: string;

  @StringField({ format: 'date-time', description: 'For events from this time on, when no `from` is known yet' })
  from_timestamp?: string;

  @StringListField({ item: { enum: EVENT_TYPES }, description: 'Only of these types' }) event_type?: EventType[];
}

import { ApiProperty } from '@nestjs/swagger';
import { FieldsField, IncludeFieldsField } from '../../http/field-selection.js';
import { PagingDto } from '../../http/pagination.js';
import {
  BooleanField,
  EnumField,
  JsonObjectField,
  ObjectField,
  StringField,
  StringListField,
  TextMapField,
  textMapSchema,
} from '../../http/validation/fields.js';
import { STRATEGIES, type Strategy } from '../domain/strategy.js';

const MAX_NAME_LENGTH = 128;
const MAX_OPTIONS_BYTES = 256 * 1024;
const MAX_METADATA = 10;
const OPTIONS = { maxBytes: MAX_OPTIONS_BYTES, description: "The provider's settings, kept and returned as sent" };

/** Accepted as a filter, but not for a new connection. */
const RETIRED_STRATEGIES = ['auth0-adldap'];

export class ConnectionPathDto {
  @StringField({ required: true }) id!: string;
}

export class ListConnectionsDto extends PagingDto {
  @StringListField({ item: { enum: [...STRATEGIES, ...RETIRED_STRATEGIES] } }) strategy?: string[];
  @StringField() name?: string;
  @FieldsField() fields?: string;
  @IncludeFieldsField() include_fields?: boolean;
}

export class AuthenticationPurposeDto {
  @BooleanField({ required: true }) active!: boolean;
}

export class ConnectedAccountsPurposeDto {
  @BooleanField({ required: true }) active!: boolean;
  @BooleanField() cross_app_access?: boolean;
}

export class CrossAppAccessRequestingAppDto {
  @BooleanField({ required: true }) active!: boolean;
}

class ConnectionSettingsDto {
  @StringField({ maxLength: MAX_NAME_LENGTH }) display_name?: string;
  @StringListField({ item: { format: 'connection-realm' } }) realms?: string[];
  @BooleanField() is_domain_connection?: boolean;
  @BooleanField() show_as_button?: boolean;
  @TextMapField({ maxProperties: MAX_METADATA }) metadata?: Record<string, string | null>;
  @ObjectField(() => AuthenticationPurposeDto) authentication?: AuthenticationPurposeDto;
  @ObjectField(() => ConnectedAccountsPurposeDto) connected_accounts?: ConnectedAccountsPurposeDto;
  @ObjectField(() => CrossAppAccessRequestingAppDto) cross_app_access_requesting_app?: CrossAppAccessRequestingAppDto;
}

export class ConnectionCreateDto extends ConnectionSettingsDto {
  @StringField({ required: true, maxLength: MAX_NAME_LENGTH, pattern: /^[a-zA-Z0-9](-[a-zA-Z0-9]|[a-zA-Z0-9])*$/ })
  name!: string;

  @EnumField(STRATEGIES, { required: true }) strategy!: Strategy;
  @JsonObjectField(OPTIONS) options?: Record<string, unknown>;
  @StringListField({ item: { format: 'client-id' } }) enabled_clients?: string[];
}

/** A connection's name and strategy cannot change. */
export class ConnectionUpdateDto extends ConnectionSettingsDto {
  @JsonObjectField({ ...OPTIONS, nullable: true }) options?: Record<string, unknown> | null;
  @StringListField({ item: { format: 'client-id' }, nullable: true }) enabled_clients?: string[] | null;
}

const AN_OBJECT = { selfRequired: false, type: 'object' } as const;

/** Properties are optional because of `fields`. */
export class ConnectionResponse {
  @ApiProperty({ required: false }) id!: string;
  @ApiProperty({ required: false }) name!: string;
  @ApiProperty({ required: false }) strategy!: string;
  @ApiProperty({ ...AN_OBJECT, additionalProperties: true }) options!: object;
  @ApiProperty({ required: false }) display_name?: string;

  @ApiProperty({ required: false, type: 'array', items: { type: 'string', format: 'connection-realm' } })
  realms!: string[];

  @ApiProperty({ required: false, type: [String] }) enabled_clients!: string[];
  @ApiProperty({ required: false }) is_domain_connection!: boolean;
  @ApiProperty({ required: false }) show_as_button?: boolean;
  @ApiProperty({ selfRequired: false, ...textMapSchema(MAX_METADATA) }) metadata?: object;
  @ApiProperty({ required: false, type: () => AuthenticationPurposeDto }) authentication!: object;
  @ApiProperty({ required: false, type: () => ConnectedAccountsPurposeDto }) connected_accounts!: object;

  @ApiProperty({ required: false, type: () => CrossAppAccessRequestingAppDto })
  cross_app_access_requesting_app?: object;

  @ApiProperty({
    required: false,
    description: 'Only for strategies that are set up on the provider’s side by a ticket',
  })
  provisioning_ticket_url?: string;
}

export class ConnectionDeletedResponse {
  @ApiProperty({ format: 'date-time' }) deleted_at!: string;
}

import { ApiProperty } from '@nestjs/swagger';
import { STRATEGIES } from '../../connections/domain/strategy.js';
import { FieldsField, IncludeFieldsField } from '../../http/field-selection.js';
import { LimitedPageField, OffsetPagingDto } from '../../http/pagination.js';
import { SortField, type Sort } from '../../http/sorting.js';
import { BooleanField, EnumField, IntegerField, JsonObjectField, StringField } from '../../http/validation/fields.js';
import { AcceptOtherProperties } from '../../http/validation/other-properties.js';
import { EMAIL_QUERY, MAX_METADATA_BYTES, SORTABLE } from '../domain/user.js';

const ANY_TEXT = { minLength: 1 } as const;
export const NAME_PART = { minLength: 1, maxLength: 150 } as const;
export const FULL_NAME = { minLength: 1, maxLength: 300 } as const;
const USERNAME = { minLength: 1, maxLength: 128 } as const;
export const PHONE_NUMBER = { pattern: /^\+[0-9]{1,15}$/ } as const;
const UNUSED_PASSWORD = 'Checked against nothing and kept nowhere';
const UNUSED = 'Accepted for compatibility; does nothing';

export class UserPathDto {
  @StringField({ required: true })
  id!: string;
}

export class ListUsersDto extends OffsetPagingDto {
  @IntegerField({ minimum: 0, maximum: 100 })
  declare per_page?: number;

  @StringField({ description: 'Only users with this address, whatever its case' })
  email?: string;

  @StringField({ pattern: EMAIL_QUERY, description: 'The same as `email`, in the form `email:"ada@example.com"`' })
  q?: string;

  @StringField({ description: 'Only users of the connection of this name' })
  connection?: string;

  @SortField(SORTABLE)
  sort?: Sort<(typeof SORTABLE)[number]>;

  @FieldsField()
  fields?: string;

  @IncludeFieldsField()
  include_fields?: boolean;

  @EnumField(['v1', 'v2', 'v3'], { description: UNUSED })
  search_engine?: string;

  @BooleanField({ description: UNUSED })
  primary_order?: boolean;
}

export class ListUserOrganizationsDto extends OffsetPagingDto {
  @LimitedPageField()
  declare page?: number;
}

class UserSettingsDto {
  @BooleanField()
  email_verified?: boolean;

  @BooleanField()
  phone_verified?: boolean;

  @BooleanField()
  blocked?: boolean;

  @JsonObjectField({ maxBytes: MAX_METADATA_BYTES })
  user_metadata?: Record<string, unknown>;

  @JsonObjectField({ maxBytes: MAX_METADATA_BYTES })
  app_metadata?: Record<string, unknown>;

  @BooleanField({ description: UNUSED })
  verify_email?: boolean;
}

export class UserCreateDto extends UserSettingsDto {
  @StringField({ required: true, ...ANY_TEXT, description: 'The name of the connection' })
  connection!: string;

  @StringField({
    minLength: 0,
    maxLength: 255,
    pattern: /^\S*$/,
    description: 'The id within the provider; by default one is made',
  })
  user_id?: string;

  @StringField({ format: 'email' })
  email?: string;

  @StringField(PHONE_NUMBER)
  phone_number?: string;

  @StringField(USERNAME)
  username?: string;

  @StringField(FULL_NAME)
  name?: string;

  @StringField(NAME_PART)
  given_name?: string;

  @StringField(NAME_PART)
  family_name?: string;

  @StringField(FULL_NAME)
  nickname?: string;

  @StringField({ format: 'strict-uri' })
  picture?: string;

  @StringField({ ...ANY_TEXT, description: UNUSED_PASSWORD })
  password?: string;
}

@AcceptOtherProperties()
export class UserUpdateDto extends UserSettingsDto {
  @StringField({ format: 'email', nullable: true })
  email?: string | null;

  @StringField({ ...PHONE_NUMBER, nullable: true })
  phone_number?: string | null;

  @StringField({ ...USERNAME, nullable: true })
  username?: string | null;

  @StringField({ ...FULL_NAME, nullable: true })
  name?: string | null;

  @StringField({ ...NAME_PART, nullable: true })
  given_name?: string | null;

  @StringField({ ...NAME_PART, nullable: true })
  family_name?: string | null;

  @StringField({ ...FULL_NAME, nullable: true })
  nickname?: string | null;

  @StringField({ format: 'strict-uri', nullable: true })
  picture?: string | null;

  @StringField({ ...ANY_TEXT, nullable: true, description: UNUSED_PASSWORD })
  password?: string | null;

  @StringField({ ...ANY_TEXT, description: UNUSED })
  connection?: string;

  @StringField({ ...ANY_TEXT, description: UNUSED })
  client_id?: string;

  @BooleanField({ description: UNUSED })
  verify_phone_number?: boolean;
}

export class UserIdentityResponse {
  @ApiProperty({ description: 'The name of the connection' })
  connection!: string;

  @ApiProperty({ description: 'The id within the provider' })
  user_id!: string;

  @ApiProperty({ enum: STRATEGIES })
  provider!: string;

  @ApiProperty()
  isSocial!: boolean;
}

const METADATA = { selfRequired: false, type: 'object', additionalProperties: true } as const;

/** With `fields`, only some of the properties are there. */
export class UserResponse {
  @ApiProperty({ required: false })
  user_id!: string;

  @ApiProperty({ required: false, format: 'email' })
  email?: string;

  @ApiProperty({ required: false })
  email_verified!: boolean;

  @ApiProperty({ required: false })
  phone_number?: string;

  @ApiProperty({ required: false, description: 'Only with a phone number' })
  phone_verified?: boolean;

  @ApiProperty({ required: false })
  username?: string;

  @ApiProperty({ required: false })
  name?: string;

  @ApiProperty({ required: false })
  given_name?: string;

  @ApiProperty({ required: false })
  family_name?: string;

  @ApiProperty({ required: false })
  nickname?: string;

  @ApiProperty({ required: false })
  picture?: string;

  @ApiProperty({ required: false })
  blocked!: boolean;

  @ApiProperty({ required: false, type: () => [UserIdentityResponse] })
  identities!: UserIdentityResponse[];

  @ApiProperty(METADATA)
  user_metadata?: object;

  @ApiProperty(METADATA)
  app_metadata?: object;

  @ApiProperty({ required: false, format: 'date-time' })
  created_at!: string;

  @ApiProperty({ required: false, format: 'date-time' })
  updated_at!: string;
}

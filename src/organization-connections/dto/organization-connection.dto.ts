import { ApiProperty } from '@nestjs/swagger';
import { OffsetPagingDto } from '../../http/pagination.js';
import { BooleanField, EnumField, StringField, stringSchema } from '../../http/validation/fields.js';
import { MAX_ID_LENGTH, OrganizationPathDto } from '../../http/path.dto.js';
import { ACCESS_LEVELS, type AccessLevel } from '../domain/settings.js';

// eslint-disable-next-line no-control-regex -- the contract's own pattern: anything but NUL
const NAME_LIMITS = { minLength: 1, maxLength: 50, pattern: /^[^\u0000]*$/ };

export const CONNECTION_ID_LIMITS = { minLength: 1, maxLength: MAX_ID_LENGTH, format: 'connection-id' } as const;

export class OrganizationEnabledConnectionPathDto extends OrganizationPathDto {
  @StringField({ required: true, minLength: 1, maxLength: MAX_ID_LENGTH }) connectionId!: string;
}

export class OrganizationConnectionPathDto extends OrganizationPathDto {
  @StringField({ required: true, minLength: 1, maxLength: MAX_ID_LENGTH }) connection_id!: string;
}

export class ListOrganizationConnectionsDto extends OffsetPagingDto {
  @BooleanField({ description: 'Only rows that are enabled, or only those that are not' }) is_enabled?: boolean;
}

class FlagsDto {
  @BooleanField({ description: 'Users who sign in with the connection become members' })
  assign_membership_on_login?: boolean;

  @BooleanField({
    description: 'Users may sign up; only database connections that assign membership',
  })
  is_signup_enabled?: boolean;

  @BooleanField({ description: 'The login page shows a button; only enterprise connections may hide it' })
  show_as_button?: boolean;
}

export class OrganizationEnabledConnectionAddDto extends FlagsDto {
  @StringField({ required: true, format: 'connection-id' }) connection_id!: string;
}

export class OrganizationEnabledConnectionUpdateDto extends FlagsDto {}

export class OrganizationConnectionSettingsDto extends FlagsDto {
  @BooleanField() is_enabled?: boolean;
  @EnumField(ACCESS_LEVELS) organization_access_level?: AccessLevel;
  @EnumField(ACCESS_LEVELS) organization_member_access_level?: AccessLevel;
  @StringField(NAME_LIMITS) organization_connection_name?: string;
}

export class OrganizationConnectionCreateDto extends OrganizationConnectionSettingsDto {
  @StringField({ required: true, ...CONNECTION_ID_LIMITS }) connection_id!: string;
}

/** A setting sent as null gets its default. */
export class OrganizationConnectionUpdateDto extends FlagsDto {
  @BooleanField({ nullable: true }) is_enabled?: boolean | null;
  @EnumField(ACCESS_LEVELS, { nullable: true }) organization_access_level?: AccessLevel | null;
  @EnumField(ACCESS_LEVELS, { nullable: true }) organization_member_access_level?: AccessLevel | null;
  @StringField({ ...NAME_LIMITS, nullable: true }) organization_connection_name?: string | null;
}

export class ConnectionInformationResponse {
  @ApiProperty() name!: string;
  @ApiProperty() strategy!: string;
}

export class OrganizationEnabledConnectionResponse {
  @ApiProperty() connection_id!: string;
  @ApiProperty() assign_membership_on_login!: boolean;
  @ApiProperty({ required: false, description: 'Only for database connections' }) is_signup_enabled?: boolean;
  @ApiProperty() show_as_button!: boolean;
  @ApiProperty() connection!: ConnectionInformationResponse;
}

export class OrganizationConnectionResponse extends OrganizationEnabledConnectionResponse {
  @ApiProperty(CONNECTION_ID_LIMITS) declare connection_id: string;
  @ApiProperty() is_enabled!: boolean;
  @ApiProperty({ enum: ACCESS_LEVELS }) organization_access_level!: AccessLevel;

  @ApiProperty({ required: false, enum: ACCESS_LEVELS, description: 'Absent unless set' })
  organization_member_access_level?: AccessLevel;

  @ApiProperty({ required: false, description: 'Absent unless set', ...stringSchema(NAME_LIMITS) })
  organization_connection_name?: string;
}

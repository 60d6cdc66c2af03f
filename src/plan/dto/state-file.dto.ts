import { ObjectField, ObjectListField, StringField, TextMapField } from '../../http/validation/fields.js';
import { OrganizationConnectionSettingsDto } from '../../organization-connections/dto/organization-connection.dto.js';
import {
  BrandingDto,
  DISPLAY_NAME_LIMITS,
  MAX_METADATA,
  NAME_LIMITS,
} from '../../organizations/dto/organization.dto.js';

/** An organization connection in a state file. An omitted setting is left unchanged. */
export class StateConnectionDto extends OrganizationConnectionSettingsDto {
  @StringField({ required: true, minLength: 1, maxLength: 128 }) name!: string;
}

/** An organization in a state file. Omitted fields and connections are left unchanged. */
export class StateOrganizationDto {
  @StringField({ required: true, ...NAME_LIMITS }) name!: string;
  @StringField(DISPLAY_NAME_LIMITS) display_name?: string;
  @ObjectField(() => BrandingDto) branding?: BrandingDto;
  @TextMapField({ maxProperties: MAX_METADATA }) metadata?: Record<string, string>;
  @ObjectListField(() => StateConnectionDto, { maxItems: 10_000, uniqueBy: 'name' }) connections?: StateConnectionDto[];
}

import { ApiProperty } from '@nestjs/swagger';
import { LimitedPageField, PagingDto } from '../../http/pagination.js';
import { SortField, type Sort } from '../../http/sorting.js';
import {
  BooleanField,
  EnumField,
  IntegerField,
  ObjectField,
  ObjectListField,
  StringField,
  TextMapField,
  textMapSchema,
} from '../../http/validation/fields.js';
import {
  OrganizationEnabledConnectionAddDto,
  OrganizationEnabledConnectionResponse,
} from '../../organization-connections/dto/organization-connection.dto.js';
import { SORTABLE, THIRD_PARTY_CLIENT_ACCESS, type ThirdPartyClientAccess } from '../domain/organization.js';
import { MAX_ID_LENGTH } from '../../http/path.dto.js';

export const NAME_LIMITS = { minLength: 1, maxLength: 50, format: 'organization-name' } as const;
export const DISPLAY_NAME_LIMITS = { minLength: 1, maxLength: 255 };
const MAX_QUOTA = 2_147_483_647;
export const MAX_METADATA = 25;
const MAX_ENABLED_CONNECTIONS = 10;

export class OrganizationNamePathDto {
  @StringField({ required: true, minLength: 1, maxLength: 50 }) name!: string;
}

export class ListOrganizationsDto extends PagingDto {
  @LimitedPageField() declare page?: number;
  @SortField(SORTABLE, { maxLength: 15 }) sort?: Sort<(typeof SORTABLE)[number]>;

  @StringField({
    description: 'The id of an application. Accepted, and adds nothing while applications are not kept here',
  })
  include_client_association_for?: string;
}

export class BrandingColorsDto {
  @StringField({ required: true, format: 'html-color' }) primary!: string;
  @StringField({ required: true, format: 'html-color' }) page_background!: string;
}

export class BrandingDto {
  @StringField({ format: 'strict-https-uri-or-null', nullable: true }) logo_url?: string | null;
  @ObjectField(() => BrandingColorsDto) colors?: BrandingColorsDto;
}

export class ClientCredentialsQuotaDto {
  @BooleanField() enforce?: boolean;
  @IntegerField({ minimum: 1, maximum: MAX_QUOTA }) per_day?: number;
  @IntegerField({ minimum: 1, maximum: MAX_QUOTA }) per_hour?: number;
}

export class TokenQuotaDto {
  @ObjectField(() => ClientCredentialsQuotaDto, { required: true, notEmpty: true })
  client_credentials!: ClientCredentialsQuotaDto;
}

class OrganizationSettingsDto {
  @StringField(DISPLAY_NAME_LIMITS) display_name?: string;
  @ObjectField(() => BrandingDto) branding?: BrandingDto;
  @TextMapField({ maxProperties: MAX_METADATA }) metadata?: Record<string, string | null>;
  @EnumField(THIRD_PARTY_CLIENT_ACCESS) third_party_client_access?: ThirdPartyClientAccess;
  @BooleanField() is_app_entitlement_active?: boolean;
}

export class OrganizationCreateDto extends OrganizationSettingsDto {
  @StringField({ required: true, ...NAME_LIMITS }) name!: string;
  @ObjectField(() => TokenQuotaDto) token_quota?: TokenQuotaDto;

  @ObjectListField(() => OrganizationEnabledConnectionAddDto, {
    maxItems: MAX_ENABLED_CONNECTIONS,
    uniqueBy: 'connection_id',
  })
  enabled_connections?: OrganizationEnabledConnectionAddDto[];
}

export class OrganizationUpdateDto extends OrganizationSettingsDto {
  @StringField(NAME_LIMITS) name?: string;

  @ObjectField(() => TokenQuotaDto, { nullable: true, description: 'Null takes the quota away' })
  token_quota?: TokenQuotaDto | null;
}

/** With `read:organizations_summary` alone, only the id and the names are there. */
export class OrganizationResponse {
  @ApiProperty({ maxLength: MAX_ID_LENGTH, format: 'organization-id' }) id!: string;
  @ApiProperty(NAME_LIMITS) name!: string;
  @ApiProperty({ required: false, ...DISPLAY_NAME_LIMITS }) display_name?: string;
  @ApiProperty({ required: false, type: () => BrandingDto }) branding?: object;
  @ApiProperty({ selfRequired: false, ...textMapSchema(MAX_METADATA) }) metadata?: object;
  @ApiProperty({ required: false, type: () => TokenQuotaDto }) token_quota?: object;
  @ApiProperty({ required: false, enum: THIRD_PARTY_CLIENT_ACCESS }) third_party_client_access?: ThirdPartyClientAccess;
  @ApiProperty({ required: false }) is_app_entitlement_active?: boolean;
}

export class OrganizationCreatedResponse extends OrganizationResponse {
  @ApiProperty({ required: false, type: () => [OrganizationEnabledConnectionResponse] })
  enabled_connections?: OrganizationEnabledConnectionResponse[];
}

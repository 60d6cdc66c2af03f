import { ApiProperty } from '@nestjs/swagger';
import { BooleanField, EnumField, StringField } from '../../http/validation/fields.js';
import { OrganizationPathDto } from '../../http/path.dto.js';
import { DISCOVERY_DOMAIN_STATUSES, type DiscoveryDomainStatus } from '../domain/discovery-domain.js';

const DOMAIN_LIMITS = { minLength: 3, maxLength: 255 } as const;
/** The contract's pattern of a host name. */
const HOST_NAME_PATTERN =
  '^(([a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])\\.)*([A-Za-z0-9]|[A-Za-z0-9][A-Za-z0-9-]*[A-Za-z0-9])$';

export class DiscoveryDomainPathDto extends OrganizationPathDto {
  @StringField({ required: true }) discovery_domain_id!: string;
}

export class DiscoveryDomainNamePathDto extends OrganizationPathDto {
  @StringField({ required: true, ...DOMAIN_LIMITS }) discovery_domain!: string;
}

export class DiscoveryDomainUpdateDto {
  @EnumField(DISCOVERY_DOMAIN_STATUSES) status?: DiscoveryDomainStatus;
  @BooleanField() use_for_organization_discovery?: boolean;
}

export class DiscoveryDomainCreateDto extends DiscoveryDomainUpdateDto {
  @StringField({ required: true, ...DOMAIN_LIMITS, format: 'hostname' }) domain!: string;
}

export class DiscoveryDomainResponse {
  @ApiProperty({ format: 'organization-discovery-domain-id' }) id!: string;
  @ApiProperty({ ...DOMAIN_LIMITS, pattern: HOST_NAME_PATTERN }) domain!: string;
  @ApiProperty({ enum: DISCOVERY_DOMAIN_STATUSES }) status!: DiscoveryDomainStatus;
  @ApiProperty({ description: 'The name under which the TXT record is looked up' }) verification_host!: string;
  @ApiProperty({ description: 'The value that the TXT record must have' }) verification_txt!: string;
  @ApiProperty() use_for_organization_discovery!: boolean;
}

export class ListDiscoveryDomainsResponse {
  @ApiProperty({ type: () => [DiscoveryDomainResponse] }) domains!: DiscoveryDomainResponse[];
  @ApiProperty({ required: false }) next?: string;
}

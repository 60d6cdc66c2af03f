import type { OrganizationDiscoveryDomain } from '../database/client.js';
import { tagged } from '../http/entity-tag.js';
import { verificationHost } from './domain/discovery-domain.js';
import type { DiscoveryDomainResponse } from './dto/discovery-domain.dto.js';

export function presentDiscoveryDomain(row: OrganizationDiscoveryDomain): DiscoveryDomainResponse {
  return {
    id: row.id,
    domain: row.domain,
    status: row.status,
    verification_host: verificationHost(row.organizationId, row.domain),
    verification_txt: row.verificationTxt,
    use_for_organization_discovery: row.useForOrganizationDiscovery,
  };
}

export const presentOneDiscoveryDomain = (row: OrganizationDiscoveryDomain): DiscoveryDomainResponse =>
  tagged(presentDiscoveryDomain(row), row);

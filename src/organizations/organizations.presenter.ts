import type { GrantedScopes } from '../auth/scopes.js';
import type { Organization } from '../database/client.js';
import { tagged } from '../http/entity-tag.js';
import { presentEnabledConnection } from '../organization-connections/organization-connections.presenter.js';
import type { CreatedOrganization } from './organizations.service.js';
import type { OrganizationCreatedResponse, OrganizationResponse } from './dto/organization.dto.js';

/** What the holder of these scopes sees of an organization: with `read:organizations_summary` alone, how it is called. */
export const organizationPresenterFor = (scopes: GrantedScopes) =>
  scopes.has('read:organizations') ? presentOrganization : presentSummary;

/** One organization by itself. */
export const presentOneOrganization = (row: Organization, scopes?: GrantedScopes): OrganizationResponse =>
  scopes === undefined || scopes.has('read:organizations')
    ? tagged(presentOrganization(row), row)
    : tagged(presentSummary(row), row, 'summary');

function presentSummary(row: Organization): OrganizationResponse {
  return {
    id: row.id,
    name: row.name,
    ...(row.displayName === null ? undefined : { display_name: row.displayName }),
  };
}

export function presentOrganization(row: Organization): OrganizationResponse {
  return {
    ...presentSummary(row),
    ...(row.branding === null ? undefined : { branding: row.branding as object }),
    ...(row.metadata === null ? undefined : { metadata: row.metadata as object }),
    ...(row.tokenQuota === null ? undefined : { token_quota: row.tokenQuota as object }),
    third_party_client_access: row.thirdPartyClientAccess,
    is_app_entitlement_active: row.isAppEntitlementActive,
  };
}

/** With the connections it was created with, in the order they were sent; an organization read later does not show them. */
export function presentCreatedOrganization({
  organization,
  connections,
}: CreatedOrganization): OrganizationCreatedResponse {
  if (connections.length === 0) return presentOneOrganization(organization);
  const enabled_connections = connections.map(presentEnabledConnection);
  return tagged({ ...presentOrganization(organization), enabled_connections }, organization, 'created');
}

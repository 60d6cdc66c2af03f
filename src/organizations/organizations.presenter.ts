import type { GrantedScopes } from '../auth/scopes.js';
import type { Organization } from '../database/client.js';
import { tagged } from '../http/entity-tag.js';
import { presentEnabledConnection } from '../organization-connections/organization-connections.presenter.js';
import type { CreatedOrganization } from './organizations.service.js';
import type { OrganizationCreatedResponse, OrganizationResponse } from './dto/organization.dto.js';

/** Returns the presenter for these scopes. With `read:organizations_summary` alone, it shows the id and the names. */
export const organizationPresenterFor = (scopes: GrantedScopes) =>
  scopes.has('read:organizations') ? presentOrganization : presentSummary;

/** One organization, with its tag. */
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

/** A new organization with its connections, in the order of the request. Later reads do not show the connections. */
export function presentCreatedOrganization({
  organization,
  connections,
}: CreatedOrganization): OrganizationCreatedResponse {
  if (connections.length === 0) return presentOneOrganization(organization);
  const enabled_connections = connections.map(presentEnabledConnection);
  return tagged({ ...presentOrganization(organization), enabled_connections }, organization, 'created');
}

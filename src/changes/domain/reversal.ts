import type { DiscoveryDomainChanges, DiscoveryDomainStatus } from '../../discovery-domains/domain/discovery-domain.js';
import { newSettingsIn, type Settings } from '../../organization-connections/domain/settings.js';
import type { OrganizationChanges, ThirdPartyClientAccess } from '../../organizations/domain/organization.js';
import type { Change, RecordedRow } from './change.js';

/** The write that restores a row to its state before a change. */
export type Reversal =
  | { readonly kind: 'update_organization'; readonly changes: OrganizationChanges }
  | { readonly kind: 'put_connection'; readonly connectionId: string; readonly settings: Settings }
  | { readonly kind: 'remove_connection'; readonly connectionId: string }
  | { readonly kind: 'add_member' | 'remove_member'; readonly userId: string }
  | { readonly kind: 'update_domain'; readonly id: string; readonly changes: DiscoveryDomainChanges }
  | { readonly kind: 'remove_domain'; readonly id: string };

/**
 * Returns undefined when the change cannot be reverted: a deleted organization lost its rows, a created one is not
 * deleted as a side effect, and a deleted domain would get another id and need verification.
 */
export function reversalOf({ table, rowId, operation, before }: Change): Reversal | undefined {
  const isGone = operation === 'deleted';
  switch (table) {
    case 'organizations':
      return before && !isGone ? { kind: 'update_organization', changes: organizationIn(before) } : undefined;
    case 'organization_connections':
      return before
        ? { kind: 'put_connection', connectionId: rowId, settings: newSettingsIn(before) }
        : { kind: 'remove_connection', connectionId: rowId };
    case 'organization_members':
      return { kind: before ? 'add_member' : 'remove_member', userId: rowId };
    case 'organization_discovery_domains':
      if (!before) return { kind: 'remove_domain', id: rowId };
      return isGone ? undefined : { kind: 'update_domain', id: rowId, changes: domainIn(before) };
    case 'connections':
    case 'users':
    case 'machine_clients':
      // These rows belong to no organization.
      return undefined;
  }
}

const organizationIn = (row: RecordedRow): OrganizationChanges => ({
  name: row['name'] as string,
  displayName: row['display_name'] as string | null,
  branding: row['branding'] as object | null,
  metadata: row['metadata'] as Record<string, string> | null,
  tokenQuota: row['token_quota'] as object | null,
  thirdPartyClientAccess: row['third_party_client_access'] as ThirdPartyClientAccess,
  isAppEntitlementActive: row['is_app_entitlement_active'] as boolean,
});

const domainIn = (row: RecordedRow): DiscoveryDomainChanges => ({
  status: row['status'] as DiscoveryDomainStatus,
  useForOrganizationDiscovery: row['use_for_organization_discovery'] as boolean,
});

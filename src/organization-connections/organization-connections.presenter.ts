import { tagged, taggedList } from '../http/entity-tag.js';
import { presentPage, type Page } from '../http/pagination.js';
import type {
  OrganizationConnectionResponse,
  OrganizationEnabledConnectionResponse,
} from './dto/organization-connection.dto.js';
import type { OrganizationConnectionsReplacedResponse } from './dto/replacement.dto.js';
import type { OrganizationConnection, StoredOrganizationConnection } from './domain/organization-connection.js';
import type { FlagName, WireName } from './domain/settings.js';
import type { StoredReplacement } from './domain/replacement.js';

/** A row of the enabled-connections API. `is_signup_enabled` is left out where it could never be true. */
export function presentEnabledConnection(row: OrganizationConnection): OrganizationEnabledConnectionResponse {
  return {
    connection_id: row.connectionId,
    assign_membership_on_login: row.assignMembershipOnLogin,
    // JSON leaves an undefined value out. That is cheaper than adding the property conditionally.
    is_signup_enabled: row.strategyKind === 'database' ? row.isSignupEnabled : undefined,
    show_as_button: row.showAsButton,
    connection: { name: row.connectionName, strategy: row.strategy },
  };
}

/** A row of the connections API. */
export function presentOrganizationConnection(row: OrganizationConnection): OrganizationConnectionResponse {
  return {
    ...presentEnabledConnection(row),
    is_enabled: row.isEnabled,
    organization_access_level: row.organizationAccessLevel,
    organization_member_access_level: row.organizationMemberAccessLevel ?? undefined,
    organization_connection_name: row.organizationConnectionName ?? undefined,
  } satisfies Record<Exclude<WireName, FlagName>, unknown>;
}

// The name and strategy of a connection never change, so the version of the row is enough for its tag.

/** One row of the enabled-connections API, with its tag. */
export const presentOneEnabledConnection = (row: StoredOrganizationConnection): OrganizationEnabledConnectionResponse =>
  tagged(presentEnabledConnection(row), row, 'enabled-connections');

/** One row of the connections API, with its tag. */
export const presentOneOrganizationConnection = (row: StoredOrganizationConnection): OrganizationConnectionResponse =>
  tagged(presentOrganizationConnection(row), row);

/** All rows of an organization, or a page of them. */
export function presentOrganizationConnections(
  page: Page<StoredOrganizationConnection>,
  isEnabled: boolean | undefined,
): object {
  const body = presentPage(page, 'connections', presentOrganizationConnection);
  if (page.kind !== 'offset' || isEnabled !== undefined || page.rows.length < page.total) return body;
  const { limit, includeTotals } = page.page;
  return taggedList(body, page.rows, includeTotals ? `totals_${limit}` : undefined);
}

export function presentReplacement({
  rows,
  difference,
  stored,
}: StoredReplacement): OrganizationConnectionsReplacedResponse {
  const body = {
    connections: rows.map(presentOrganizationConnection),
    summary: {
      added: difference.added.length,
      changed: difference.changed.length,
      removed: difference.removed.length,
      unchanged: difference.unchanged.length,
    },
  };
  return taggedList(body, stored, 'replaced');
}

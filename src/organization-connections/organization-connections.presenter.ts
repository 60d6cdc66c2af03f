import { tagged } from '../http/entity-tag.js';
import type {
  OrganizationConnectionResponse,
  OrganizationEnabledConnectionResponse,
} from './dto/organization-connection.dto.js';
import type { OrganizationConnectionsReplacedResponse } from './dto/replacement.dto.js';
import type { OrganizationConnection, StoredOrganizationConnection } from './domain/organization-connection.js';
import type { Replacement } from './domain/replacement.js';

/** The older face's shape. `is_signup_enabled` is left out where it could never be true. */
export function presentEnabledConnection(row: OrganizationConnection): OrganizationEnabledConnectionResponse {
  return {
    connection_id: row.connectionId,
    assign_membership_on_login: row.assignMembershipOnLogin,
    // An undefined value is not in the JSON; cheaper, for every row of every answer, than a property that may be absent.
    is_signup_enabled: row.strategyKind === 'database' ? row.isSignupEnabled : undefined,
    show_as_button: row.showAsButton,
    connection: { name: row.connectionName, strategy: row.strategy },
  };
}

/** The newer face's shape. */
export function presentOrganizationConnection(row: OrganizationConnection): OrganizationConnectionResponse {
  return {
    ...presentEnabledConnection(row),
    is_enabled: row.isEnabled,
    organization_access_level: row.organizationAccessLevel,
    organization_connection_name: row.organizationConnectionName ?? undefined,
  };
}

// A connection's name and strategy are in every row of it, but neither ever changes, so the row's own version is enough.

/** One row by itself, on the older face. */
export const presentOneEnabledConnection = (row: StoredOrganizationConnection): OrganizationEnabledConnectionResponse =>
  tagged(presentEnabledConnection(row), row, 'older');

/** One row by itself, on the newer face. */
export const presentOneOrganizationConnection = (row: StoredOrganizationConnection): OrganizationConnectionResponse =>
  tagged(presentOrganizationConnection(row), row);

export function presentReplacement({ rows, difference }: Replacement): OrganizationConnectionsReplacedResponse {
  return {
    connections: rows.map(presentOrganizationConnection),
    summary: {
      added: difference.added.length,
      changed: difference.changed.length,
      removed: difference.removed.length,
      unchanged: difference.unchanged.length,
    },
  };
}

import type {
  OrganizationConnectionResponse,
  OrganizationEnabledConnectionResponse,
} from './dto/organization-connection.dto.js';
import type { OrganizationConnection } from './domain/organization-connection.js';

/** The older face's shape. `is_signup_enabled` is left out where it could never be true. */
export function presentEnabledConnection(row: OrganizationConnection): OrganizationEnabledConnectionResponse {
  return {
    connection_id: row.connectionId,
    assign_membership_on_login: row.assignMembershipOnLogin,
    ...(row.strategyKind === 'database' ? { is_signup_enabled: row.isSignupEnabled } : undefined),
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
    ...(row.organizationConnectionName === null
      ? undefined
      : { organization_connection_name: row.organizationConnectionName }),
  };
}

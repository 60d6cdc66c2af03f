import type { ErrorCode } from '../errors/domain-error.js';

/** The error that each constraint maps to. A constraint that is missing here is only violated by a defect, a 500. */
export const CONSTRAINT_ERRORS: Readonly<Record<string, ErrorCode>> = {
  organizations_name_key: 'organization_name_taken',
  connections_name_key: 'connection_name_taken',
  organization_connections_pkey: 'organization_connection_exists',
  organization_connections_organization_id_fkey: 'organization_not_found',
  organization_connections_connection_id_strategy_kind_fkey: 'connection_in_body_unknown',
  organization_connections_signup_needs_database_membership: 'signup_not_supported',
  organization_connections_hidden_button_needs_enterprise: 'hidden_button_not_supported',
  users_pkey: 'user_exists',
  users_connection_id_email_key: 'user_exists',
  users_connection_id_username_key: 'user_exists',
  users_connection_id_fkey: 'connection_in_body_unknown',
  organization_members_organization_id_fkey: 'organization_not_found',
  organization_members_user_id_fkey: 'user_not_found',
  organization_discovery_domains_organization_id_domain_key: 'discovery_domain_exists',
  organization_discovery_domains_organization_id_fkey: 'organization_not_found',
};

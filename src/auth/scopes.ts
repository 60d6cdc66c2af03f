/** The scopes of the application routes, which the published document does not have. */
export const APPLICATION_SCOPES = [
  'read:clients',
  'read:client_grants',
  'read:organization_clients',
  'read:organization_client_grants',
] as const;

export const SCOPES = [
  'read:organizations',
  'read:organizations_summary',
  'create:organizations',
  'update:organizations',
  'delete:organizations',
  'read:organization_connections',
  'create:organization_connections',
  'update:organization_connections',
  'delete:organization_connections',
  'read:organization_members',
  'create:organization_members',
  'delete:organization_members',
  'read:organization_discovery_domains',
  'create:organization_discovery_domains',
  'update:organization_discovery_domains',
  'delete:organization_discovery_domains',
  'read:connections',
  'create:connections',
  'update:connections',
  'delete:connections',
  'read:users',
  'read:user_idp_tokens',
  'create:users',
  'update:users',
  'update:users_app_metadata',
  'delete:users',
  'read:logs',
  'read:event_streams',
  'create:event_streams',
  'update:event_streams',
  'delete:event_streams',
  'read:event_stream_secrets',
  'read:event_deliveries',
  'update:event_deliveries',
  'read:events',
  'evaluate:logins',
  ...APPLICATION_SCOPES,
] as const;

export type Scope = (typeof SCOPES)[number];

/** The scopes of a token, which may include unknown ones. */
export interface GrantedScopes {
  has(scope: Scope): boolean;
}

/** Splits a space-separated `scope` (RFC 6749, section 3.3). */
export const splitScopes = (text: string): string[] => text.split(' ').filter((scope) => scope !== '');

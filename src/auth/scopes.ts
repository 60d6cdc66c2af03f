/** Every scope that a route of this service asks for. */
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
  'read:connections',
  'create:connections',
  'update:connections',
  'delete:connections',
] as const;

export type Scope = (typeof SCOPES)[number];

/** The scopes in a `scope` text, which separates them by spaces (RFC 6749, section 3.3). */
export function splitScopes(text: string): string[] {
  return text.split(' ').filter((scope) => scope !== '');
}

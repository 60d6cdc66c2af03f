import { usable, type LoginConnection, type SignInOrganization } from './sign-in-organization.js';

export interface OrganizationName {
  readonly id: string;
  readonly name: string;
}

/** What the login page does next: go to the connection, let the user choose an organization, or show the prompt. */
export const NEXT_STEPS = ['connection', 'choose_organization', 'prompt'] as const satisfies Discovery['next'][];

export type Discovery =
  | { readonly next: 'connection'; readonly organization: OrganizationName; readonly connection: LoginConnection }
  | { readonly next: 'choose_organization'; readonly organizations: readonly OrganizationName[] }
  | { readonly next: 'prompt'; readonly organization?: OrganizationName };

/** The domain of an address, in lower case. */
export const domainOf = (email: string): string => email.slice(email.lastIndexOf('@') + 1).toLowerCase();

/**
 * Finds the connection to go to: the enterprise connection with the domain, else the only database connection, whether
 * or not it is shown as a button.
 *
 * @param optionsOf the options of the organization's enterprise connections, by connection id
 */
export function connectionFor(
  domain: string,
  organization: SignInOrganization,
  optionsOf: ReadonlyMap<string, unknown>,
  clientId: string | undefined,
): Discovery {
  const connections = usable(organization.connections, clientId).map(({ connection }) => connection);
  const databases = connections.filter(({ kind }) => kind === 'database');
  const connection =
    connections.find(({ id, kind }) => kind === 'enterprise' && domainsIn(optionsOf.get(id)).includes(domain)) ??
    (databases.length === 1 ? databases[0] : undefined);
  const { id, name } = organization;
  const named = { id, name };
  return connection === undefined
    ? { next: 'prompt', organization: named }
    : { next: 'connection', organization: named, connection };
}

/** Reads `domain_aliases` and `domain`, in lower case. Options are stored as sent, so either may be of any type. */
function domainsIn(options: unknown): string[] {
  const { domain_aliases: aliases, domain } = (options ?? {}) as { domain_aliases?: unknown; domain?: unknown };
  const sent: unknown[] = [...(Array.isArray(aliases) ? (aliases as unknown[]) : []), domain];
  return sent.filter((one) => typeof one === 'string').map((one) => one.toLowerCase());
}

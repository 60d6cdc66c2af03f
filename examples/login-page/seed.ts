import type { Person } from './views/provider.js';

interface SeededPerson extends Person {
  /** The organizations they are a member of. */
  readonly memberOf?: readonly string[];
  /** Nobody has heard of them: they are not among the users of the connection. */
  readonly isStranger?: true;
}

interface Terms {
  readonly assign_membership_on_login: boolean;
  readonly is_signup_enabled?: boolean;
  readonly show_as_button?: boolean;
}

interface SeededOrganization {
  readonly name: string;
  readonly display_name: string;
  readonly branding: { readonly colors: { readonly primary: string; readonly page_background: string } };
  /** Domains of addresses that lead here. */
  readonly domains: readonly string[];
  /** By the name of the connection. */
  readonly terms: Readonly<Record<string, Terms>>;
}

const CONNECTIONS = [
  { name: 'acme-okta', strategy: 'okta', display_name: 'Acme Okta', options: { domain_aliases: ['acme.example'] } },
  {
    name: 'globex-entra',
    strategy: 'waad',
    display_name: 'Globex Entra ID',
    options: { domain_aliases: ['globex.example'] },
  },
  { name: 'portal-users', strategy: 'auth0' },
] as const;

/** They differ in each flag: Acme takes whoever comes, Globex only whom it knows. */
const ORGANIZATIONS: readonly SeededOrganization[] = [
  {
    name: 'acme',
    display_name: 'Acme Aerospace',
    branding: { colors: { primary: '#b3261e', page_background: '#fbf1ef' } },
    domains: ['acme.example', 'consulting.example'],
    terms: {
      'acme-okta': { assign_membership_on_login: true, show_as_button: true },
      'portal-users': { assign_membership_on_login: true, is_signup_enabled: true },
    },
  },
  {
    name: 'globex',
    display_name: 'Globex Energy',
    branding: { colors: { primary: '#0f766e', page_background: '#eef6f5' } },
    domains: ['globex.example', 'consulting.example'],
    terms: {
      'globex-entra': { assign_membership_on_login: false, show_as_button: false },
      'portal-users': { assign_membership_on_login: false, is_signup_enabled: false },
    },
  },
];

/** By the name of the connection they sign in with. */
export const PEOPLE: Readonly<Record<string, readonly SeededPerson[]>> = {
  'acme-okta': [
    { email: 'ada@acme.example', name: 'Ada Lovelace', about: 'member of Acme', memberOf: ['acme'] },
    { email: 'grace@acme.example', name: 'Grace Hopper', about: 'never been here', isStranger: true },
  ],
  'globex-entra': [
    { email: 'hedy@globex.example', name: 'Hedy Lamarr', about: 'member of Globex', memberOf: ['globex'] },
    { email: 'mary@globex.example', name: 'Mary Jackson', about: 'not a member' },
  ],
  'portal-users': [
    { email: 'alan@consulting.example', name: 'Alan Turing', about: 'member of both', memberOf: ['acme', 'globex'] },
    { email: 'kay@consulting.example', name: 'Kay McNulty', about: 'member of neither' },
    { email: 'sam@elsewhere.example', name: 'Sam Stranger', about: 'unknown', isStranger: true },
  ],
};

export const ORGANIZATION_NAMES = ORGANIZATIONS.map(({ name }) => name);

type Ids = ReadonlyMap<string, string>;

/**
 * Makes the example's organizations, connections and people by the Management API. What is there already stays as it is,
 * so that a flag that was changed by hand is not changed back.
 *
 * @param api where the Management API is, with `/api/v2` and no slash at its end
 * @param token with all scopes
 * @returns the ids, by name
 */
export async function seed(api: string, token: string): Promise<Record<'organizationIds' | 'connectionIds', Ids>> {
  const { create, get } = management(api, token);
  const [connectionIds, organizationIds] = [new Map<string, string>(), new Map<string, string>()];

  for (const connection of CONNECTIONS) {
    const made = await create<{ id: string }>('/connections', connection);
    const [there] = made ? [made] : await get<{ id: string }[]>('/connections', { name: connection.name });
    connectionIds.set(connection.name, there!.id);
  }

  for (const { domains, terms, ...organization } of ORGANIZATIONS) {
    const made = await create<{ id: string }>('/organizations', organization);
    const { id } = made ?? (await get<{ id: string }>(`/organizations/name/${organization.name}`));
    organizationIds.set(organization.name, id);
    for (const [connection, flags] of Object.entries(terms)) {
      await create(`/organizations/${id}/connections`, { connection_id: connectionIds.get(connection), ...flags });
    }
    for (const domain of domains) {
      // A real domain becomes verified by its TXT record.
      const verified = { domain, status: 'verified', use_for_organization_discovery: true };
      await create(`/organizations/${id}/discovery-domains`, verified);
    }
  }

  for (const [connection, people] of Object.entries(PEOPLE)) {
    for (const { email, name, memberOf = [], isStranger } of people) {
      if (isStranger) continue;
      const made = await create<{ user_id: string }>('/users', { connection, email, name, email_verified: true });
      const [user] = made ? [made] : await get<{ user_id: string }[]>('/users', { connection, email });
      for (const organization of memberOf) {
        await create(`/organizations/${organizationIds.get(organization)}/members`, { members: [user!.user_id] });
      }
    }
  }
  return { organizationIds, connectionIds };
}

/** The two calls of the Management API that are needed here. The SDK `auth0` has them all, but wants HTTPS. */
function management(api: string, token: string) {
  async function call(method: string, path: string, body?: object): Promise<unknown> {
    const response = await fetch(`${api}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      body: body && JSON.stringify(body),
    });
    const text = await response.text();
    if (response.status === 409) return undefined;
    if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}: ${text}`);
    return text === '' ? undefined : JSON.parse(text);
  }

  return {
    get: async <Answer>(path: string, query: Record<string, string> = {}) =>
      (await call('GET', `${path}?${new URLSearchParams(query).toString()}`)) as Answer,
    /** Undefined: it is there already, and stays as it is. */
    create: async <Answer>(path: string, body: object) => (await call('POST', path, body)) as Answer | undefined,
  };
}

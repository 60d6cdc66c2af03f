import { randomBytes } from 'node:crypto';
import type { Api } from './api.js';

/** Returns a name that is unique in the database. */
export const uniqueName = (prefix: string) => `${prefix}-${randomBytes(6).toString('hex')}`;

export interface CreatedOrganization {
  id: string;
  name: string;
  display_name?: string;
}

export interface CreatedConnection {
  id: string;
  name: string;
  strategy: string;
}

export async function createOrganization(api: Api, fields: object = {}): Promise<CreatedOrganization> {
  return created(api, '/organizations', { name: uniqueName('org'), ...fields });
}

export async function createConnection(api: Api, strategy = 'auth0', fields: object = {}): Promise<CreatedConnection> {
  return created(api, '/connections', { name: uniqueName('con'), strategy, ...fields });
}

/** An organization with one connection enabled. */
export async function createEnabled(
  api: Api,
  strategy = 'auth0',
  flags: object = {},
): Promise<{ organization: CreatedOrganization; connection: CreatedConnection; path: string }> {
  const [organization, connection] = await Promise.all([createOrganization(api), createConnection(api, strategy)]);
  const collection = `/organizations/${organization.id}/enabled_connections`;
  await created(api, collection, { connection_id: connection.id, ...flags });
  return { organization, connection, path: `${collection}/${connection.id}` };
}

export const DEFAULT_CONNECTION = 'Username-Password-Authentication';

export interface CreatedUser {
  user_id: string;
  email: string;
  name: string;
}

export async function createUser(api: Api, fields: object = {}): Promise<CreatedUser> {
  return created(api, '/users', {
    connection: DEFAULT_CONNECTION,
    email: `${uniqueName('user')}@example.com`,
    ...fields,
  });
}

/** An organization with this many members, in the order of their ids, which is that of its list. */
export async function createMembers(
  api: Api,
  count: number,
): Promise<{ organization: CreatedOrganization; users: CreatedUser[]; path: string }> {
  const organization = await createOrganization(api);
  const users = await Promise.all(Array.from({ length: count }, () => createUser(api)));
  users.sort((a, b) => (a.user_id < b.user_id ? -1 : 1));
  const path = `/organizations/${organization.id}/members`;
  const answer = await api.post(path, { members: users.map(({ user_id }) => user_id) });
  if (answer.status !== 204) throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return { organization, users, path };
}

export interface CreatedDiscoveryDomain {
  id: string;
  domain: string;
  status: string;
  verification_host: string;
  verification_txt: string;
  use_for_organization_discovery: boolean;
}

/** An organization with one discovery domain. */
export async function createDiscoveryDomain(
  api: Api,
  fields: object = {},
): Promise<{
  organization: CreatedOrganization;
  domain: CreatedDiscoveryDomain;
  collection: string;
  path: string;
}> {
  const organization = await createOrganization(api);
  const collection = `/organizations/${organization.id}/discovery-domains`;
  const domain = await addDiscoveryDomain(api, organization.id, fields);
  return { organization, domain, collection, path: `${collection}/${domain.id}` };
}

export async function addDiscoveryDomain(
  api: Api,
  organizationId: string,
  fields: object = {},
): Promise<CreatedDiscoveryDomain> {
  const body = { domain: `${uniqueName('domain')}.example.com`, ...fields };
  return created(api, `/organizations/${organizationId}/discovery-domains`, body);
}

async function created<Body>(api: Api, path: string, body: object): Promise<Body> {
  const answer = await api.post<Body>(path, body);
  if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

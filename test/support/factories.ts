import { randomBytes } from 'node:crypto';
import type { Api } from './api.js';

/** A name nothing else in the database has. */
export const uniqueName = (prefix: string) => `${prefix}-${randomBytes(6).toString('hex')}`;

export interface CreatedOrganization {
  id: string;
  name: string;
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
  terms: object = {},
): Promise<{ organization: CreatedOrganization; connection: CreatedConnection; path: string }> {
  const [organization, connection] = await Promise.all([createOrganization(api), createConnection(api, strategy)]);
  const collection = `/organizations/${organization.id}/enabled_connections`;
  await created(api, collection, { connection_id: connection.id, ...terms });
  return { organization, connection, path: `${collection}/${connection.id}` };
}

async function created<Body>(api: Api, path: string, body: object): Promise<Body> {
  const answer = await api.post<Body>(path, body);
  if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

import { readFileSync } from 'node:fs';
import { paths } from '../../../src/paths.js';
import type { Answer, Api } from '../../support/api.js';
import { createStream } from '../../support/event-streams.js';
import {
  createConnection,
  createDiscoveryDomain,
  createEnabled,
  createOrganization,
  createUser,
} from '../../support/factories.js';

/** One resource, made for a test. */
export interface Made {
  readonly path: string;
  /** Where it is changed and removed, which for what is read by name is elsewhere. */
  readonly changesAt: string;
}

/** A kind of single resource of the Management API. */
export interface Resource {
  /** As the document has it. */
  readonly template: string;
  readonly make: (api: Api) => Promise<Made>;
  /** Two changes, the second of which is one after the first. */
  readonly changes: readonly [object, object];
  /** The last part of the path of one that is not there. */
  readonly absent: string;
  /** Of a DELETE of one that is there, and of one that is not. */
  readonly removal: readonly [present: number, absent: number];
  /** Where its row is: a table and the column with the last part of the path. */
  readonly row: readonly [table: string, column: string];
}

const names = [{ display_name: 'One' }, { display_name: 'Two' }] as const;
const flags = (name: string) => [{ [name]: true }, { [name]: false }] as const;
const at = (path: string): Made => ({ path, changesAt: path });

export const RESOURCES: readonly Resource[] = [
  {
    template: '/organizations/{id}',
    make: async (api) => at(`/organizations/${(await createOrganization(api)).id}`),
    changes: names,
    absent: 'org_0000000000000000',
    removal: [204, 404],
    row: ['organizations', 'id'],
  },
  {
    template: '/organizations/name/{name}',
    make: async (api) => {
      const { id, name } = await createOrganization(api);
      return { path: `/organizations/name/${name}`, changesAt: `/organizations/${id}` };
    },
    changes: names,
    absent: 'nobody',
    removal: [204, 404],
    row: ['organizations', 'id'],
  },
  {
    template: '/organizations/{id}/enabled_connections/{connectionId}',
    make: async (api) => at((await createEnabled(api)).path),
    changes: flags('assign_membership_on_login'),
    absent: 'con_0000000000000000',
    removal: [204, 204],
    row: ['organization_connections', 'connection_id'],
  },
  {
    template: '/organizations/{id}/connections/{connection_id}',
    make: async (api) => at((await createEnabled(api)).path.replace('enabled_connections', 'connections')),
    changes: [{ organization_connection_name: 'One' }, { organization_connection_name: 'Two' }],
    absent: 'con_0000000000000000',
    removal: [204, 204],
    row: ['organization_connections', 'connection_id'],
  },
  {
    template: '/organizations/{id}/discovery-domains/{discovery_domain_id}',
    make: async (api) => at((await createDiscoveryDomain(api)).path),
    changes: [{ status: 'verified' }, { status: 'pending' }],
    absent: 'ord_0000000000000000000000',
    removal: [204, 204],
    row: ['organization_discovery_domains', 'id'],
  },
  {
    template: '/organizations/{id}/discovery-domains/name/{discovery_domain}',
    make: async (api) => {
      const { collection, path, domain } = await createDiscoveryDomain(api);
      return { path: `${collection}/name/${domain.domain}`, changesAt: path };
    },
    changes: [{ status: 'verified' }, { status: 'pending' }],
    absent: 'nobody.example.com',
    removal: [204, 204],
    row: ['organization_discovery_domains', 'id'],
  },
  {
    template: '/connections/{id}',
    make: async (api) => at(`/connections/${(await createConnection(api, 'okta')).id}`),
    changes: names,
    absent: 'con_0000000000000000',
    removal: [202, 204],
    row: ['connections', 'id'],
  },
  {
    template: '/users/{id}',
    make: async (api) => at(`/users/${(await createUser(api)).user_id}`),
    changes: [{ name: 'One' }, { name: 'Two' }],
    absent: 'auth0%7Cnobody',
    removal: [204, 204],
    row: ['users', 'user_id'],
  },
  {
    template: '/event-streams/{id}',
    make: async (api) =>
      at(`/event-streams/${(await createStream(api, 'https://sink.invalid/', { status: 'disabled' })).id}`),
    changes: [{ name: 'One' }, { name: 'Two' }],
    absent: 'est_0000000000000000000000',
    removal: [204, 204],
    row: ['event_streams', 'id'],
  },
];

export const absentIn = ({ changesAt }: Made, { absent }: Pick<Resource, 'absent'>) =>
  changesAt.replace(/[^/]+$/, absent);

export const tagOf = ({ headers }: Answer) => headers.get('etag') ?? 'none';

/** A request with these headers. */
export function ask(
  api: Api,
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: object,
): Promise<Answer> {
  const json = body && { 'content-type': 'application/json' };
  return api.request(method, path, { headers: { ...headers, ...json }, body: body && JSON.stringify(body) });
}

export interface DocumentedOperation {
  readonly parameters?: readonly { in: string; name: string }[];
  readonly responses: Record<string, { headers?: object }>;
}

/** The published operations of the Management API, by path and method. */
export function documentedOperations(): Record<string, Record<string, DocumentedOperation>> {
  const document = JSON.parse(readFileSync(paths.openapi, 'utf8')) as {
    paths: Record<string, Record<string, DocumentedOperation>>;
  };
  const prefix = '/api/v2';
  const inApi = Object.entries(document.paths).filter(([path]) => path.startsWith(prefix));
  return Object.fromEntries(inApi.map(([path, operations]) => [path.slice(prefix.length), operations]));
}

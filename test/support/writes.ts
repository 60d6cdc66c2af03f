import type { Api, Write } from './api.js';
import { allTypes, createFailedDelivery, createStream, webhook } from './event-streams.js';
import {
  addDiscoveryDomain,
  createConnection,
  createDiscoveryDomain,
  createEnabled,
  createMembers,
  createOrganization,
  createUser,
  DEFAULT_CONNECTION,
  uniqueName,
} from './factories.js';

interface Example {
  readonly status: number;
  /** Makes what the write is about. */
  readonly prepare: (api: Api) => Promise<Omit<Write, 'method'>>;
  /** A POST that changes nothing. */
  readonly changesNothing?: true;
  /** It sends something out, which a dry run leaves out: the answers differ in how that went. */
  readonly isOutward?: true;
}

const body = (fields: object = {}) => ({ name: uniqueName('made'), ...fields });

async function emptyPair(api: Api, view: string) {
  const [organization, connection] = await Promise.all([createOrganization(api), createConnection(api)]);
  return { path: `/organizations/${organization.id}/${view}`, body: { connection_id: connection.id } };
}

async function rowOn(api: Api, view: string) {
  const { organization, connection } = await createEnabled(api);
  return { path: `/organizations/${organization.id}/${view}/${connection.id}` };
}

/** A write of each kind that changes something, by method and path of the OpenAPI document. */
export const WRITES: Readonly<Record<string, Example>> = {
  'POST /organizations': {
    status: 201,
    prepare: async (api) => {
      const connection = await createConnection(api);
      return { path: '/organizations', body: body({ enabled_connections: [{ connection_id: connection.id }] }) };
    },
  },
  'PATCH /organizations/{id}': {
    status: 200,
    prepare: async (api) => ({
      path: `/organizations/${(await createOrganization(api)).id}`,
      body: { display_name: 'Changed' },
    }),
  },
  'DELETE /organizations/{id}': {
    status: 204,
    prepare: async (api) => ({ path: `/organizations/${(await createMembers(api, 2)).organization.id}` }),
  },
  'POST /organizations/{id}/enabled_connections': {
    status: 201,
    prepare: (api) => emptyPair(api, 'enabled_connections'),
  },
  'PATCH /organizations/{id}/enabled_connections/{connectionId}': {
    status: 200,
    prepare: async (api) => ({
      ...(await rowOn(api, 'enabled_connections')),
      body: { assign_membership_on_login: true },
    }),
  },
  'DELETE /organizations/{id}/enabled_connections/{connectionId}': {
    status: 204,
    prepare: (api) => rowOn(api, 'enabled_connections'),
  },
  'POST /organizations/{id}/connections': { status: 201, prepare: (api) => emptyPair(api, 'connections') },
  'PATCH /organizations/{id}/connections/{connection_id}': {
    status: 200,
    prepare: async (api) => ({ ...(await rowOn(api, 'connections')), body: { is_enabled: false } }),
  },
  'DELETE /organizations/{id}/connections/{connection_id}': {
    status: 204,
    prepare: (api) => rowOn(api, 'connections'),
  },
  'POST /connections': {
    status: 201,
    prepare: () => Promise.resolve({ path: '/connections', body: body({ strategy: 'samlp' }) }),
  },
  'PATCH /connections/{id}': {
    status: 200,
    prepare: async (api) => ({
      path: `/connections/${(await createConnection(api)).id}`,
      body: { display_name: 'Changed' },
    }),
  },
  'DELETE /connections/{id}': {
    status: 202,
    prepare: async (api) => ({ path: `/connections/${(await createEnabled(api)).connection.id}` }),
  },
  'POST /users': {
    status: 201,
    prepare: () => {
      const email = `${uniqueName('user')}@example.com`;
      return Promise.resolve({ path: '/users', body: { connection: DEFAULT_CONNECTION, email, password: 'secret' } });
    },
  },
  'PATCH /users/{id}': {
    status: 200,
    prepare: async (api) => ({
      path: `/users/${(await createUser(api)).user_id}`,
      body: { user_metadata: { color: 'red' } },
    }),
  },
  'DELETE /users/{id}': {
    status: 204,
    prepare: async (api) => ({ path: `/users/${(await createUser(api)).user_id}` }),
  },
  'POST /organizations/{id}/members': {
    status: 204,
    prepare: async (api) => {
      const [{ path }, user] = await Promise.all([createMembers(api, 1), createUser(api)]);
      return { path, body: { members: [user.user_id] } };
    },
  },
  'DELETE /organizations/{id}/members': {
    status: 204,
    prepare: async (api) => {
      const { path, users } = await createMembers(api, 2);
      return { path, body: { members: [users[0]!.user_id] } };
    },
  },
  'POST /organizations/{id}/discovery-domains': {
    status: 201,
    prepare: async (api) => ({
      path: `/organizations/${(await createOrganization(api)).id}/discovery-domains`,
      body: { domain: `${uniqueName('domain')}.example.com` },
    }),
  },
  'PATCH /organizations/{id}/discovery-domains/{discovery_domain_id}': {
    status: 200,
    prepare: async (api) => ({ path: (await createDiscoveryDomain(api)).path, body: { status: 'verified' } }),
  },
  'DELETE /organizations/{id}/discovery-domains/{discovery_domain_id}': {
    status: 204,
    prepare: async (api) => ({ path: (await createDiscoveryDomain(api)).path }),
  },
  // With a server that finds the proof of every domain.
  'POST /organizations/{id}/discovery-domains/{discovery_domain_id}/verify': {
    status: 200,
    prepare: async (api) => ({ path: `${(await createDiscoveryDomain(api)).path}/verify` }),
  },
  'POST /login/discover': {
    status: 200,
    changesNothing: true,
    prepare: async (api) => {
      const organization = await createOrganization(api);
      const { domain } = await addDiscoveryDomain(api, organization.id, { status: 'verified' });
      return { path: '/login/discover', body: { email: `somebody@${domain}` } };
    },
  },
  'POST /login/decisions': {
    status: 200,
    prepare: async (api) => {
      const flags = { assign_membership_on_login: true };
      const { organization, connection } = await createEnabled(api, 'samlp', flags);
      const user = { user_id: `samlp|${connection.name}|${uniqueName('user')}`, email: 'somebody@example.com' };
      return {
        path: '/login/decisions',
        body: { organization: organization.id, connection: connection.id, user, intent: 'login' },
      };
    },
  },
  'PUT /organizations/{id}/connections': {
    status: 200,
    prepare: async (api) => {
      const { organization } = await createEnabled(api);
      const { id: connection_id } = await createConnection(api);
      return { path: `/organizations/${organization.id}/connections`, body: { connections: [{ connection_id }] } };
    },
  },
  'POST /organizations/connections/bulk': {
    status: 200,
    prepare: async (api) => {
      const { organization, connection } = await createEnabled(api);
      const operation = { op: 'remove', organization_id: organization.id, connection_id: connection.id };
      return { path: '/organizations/connections/bulk', body: { operations: [operation] } };
    },
  },
  'POST /connections/{id}/organizations/replace-with': {
    status: 200,
    prepare: async (api) => {
      const [{ connection }, other] = await Promise.all([createEnabled(api), createConnection(api)]);
      return {
        path: `/connections/${connection.id}/organizations/replace-with`,
        body: { connection_id: other.id },
      };
    },
  },
  'POST /organizations/{id}/history/{sequence}/revert': {
    status: 200,
    prepare: async (api) => ({ path: (await changedRow(api)).ofOrganization }),
  },
  'POST /organizations/{id}/connections/{connection_id}/history/{sequence}/revert': {
    status: 200,
    prepare: async (api) => ({ path: (await changedRow(api)).ofConnection }),
  },
  'POST /event-streams': {
    status: 201,
    prepare: () => Promise.resolve({ path: '/event-streams', body: idleStream }),
  },
  'PATCH /event-streams/{id}': {
    status: 200,
    prepare: async (api) => ({ path: await createIdleStream(api), body: { name: 'Changed' } }),
  },
  'DELETE /event-streams/{id}': {
    status: 204,
    prepare: async (api) => ({ path: await createIdleStream(api) }),
  },
  'POST /event-streams/{id}/signing-secret/rotate': {
    status: 200,
    prepare: async (api) => ({ path: `${await createIdleStream(api)}/signing-secret/rotate`, body: {} }),
  },
  'POST /event-streams/{id}/test': {
    status: 200,
    changesNothing: true,
    isOutward: true,
    prepare: async (api) => ({
      path: `${await createIdleStream(api)}/test`,
      body: { event_type: 'organization.created' },
    }),
  },
  'POST /event-streams/{id}/redeliver': {
    status: 202,
    prepare: async (api) => ({ path: `${(await createFailedDelivery(api)).path}/redeliver`, body: {} }),
  },
  'POST /event-streams/{id}/redeliver/{event_id}': {
    status: 202,
    prepare: async (api) => {
      const { path, eventId } = await createFailedDelivery(api);
      return { path: `${path}/redeliver/${eventId}` };
    },
  },
  'POST /access/v1/evaluation': {
    status: 200,
    prepare: async (api) => ({ path: '/access/v1/evaluation', body: await evaluationOf(api) }),
  },
  'POST /access/v1/evaluations': {
    status: 200,
    prepare: async (api) => ({ path: '/access/v1/evaluations', body: { evaluations: [await evaluationOf(api)] } }),
  },
};

/** Where the last change of a row is undone. */
async function changedRow(api: Api) {
  const { organization, connection, path } = await createEnabled(api);
  await api.patch(path, { assign_membership_on_login: true });
  const { body } = await api.get<{ history: { sequence: number }[] }>(`/organizations/${organization.id}/history`);
  const revert = `history/${body.history[0]!.sequence}/revert`;
  return {
    ofOrganization: `/organizations/${organization.id}/${revert}`,
    ofConnection: `/organizations/${organization.id}/connections/${connection.id}/${revert}`,
  };
}

const idleStream = { destination: webhook('https://sink.invalid/'), subscriptions: allTypes, status: 'disabled' };

const createIdleStream = async (api: Api) =>
  `/event-streams/${(await createStream(api, 'https://sink.invalid/', { status: 'disabled' })).id}`;

/** A sign-in of a new user, who becomes a member. */
async function evaluationOf(api: Api): Promise<object> {
  const { organization, connection } = await createEnabled(api, 'samlp', { assign_membership_on_login: true });
  return {
    subject: { type: 'user', id: `samlp|${connection.name}|${uniqueName('user')}` },
    action: { name: 'login' },
    resource: { type: 'organization', id: organization.id },
    context: { connection: connection.id },
  };
}

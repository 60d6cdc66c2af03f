import { readFileSync } from 'node:fs';
import { paths } from '../../src/paths.js';
import { expectAnswer } from '../support/answers.js';
import type { Answer } from '../support/api.js';
import { useApp } from '../support/app.js';
import { refusals } from '../support/errors.js';
import {
  addDiscoveryDomain,
  createConnection,
  createOrganization,
  createUser,
  type CreatedOrganization,
} from '../support/factories.js';

/** What the other organization has, and the path or the body names. */
interface Named {
  readonly connectionId: string;
  readonly domainId: string;
  readonly domain: string;
  readonly userId: string;
  /** Of the change that made the organization connection. */
  readonly sequence: string;
}

/** Everything that can be asked about one organization, each as a client of `own` that names a row of `other`. */
interface Case {
  readonly operation: string;
  /** What may be sent; it would change the row of the other organization. */
  readonly body?: (named: Named) => object;
  /** The answer, given what the own organization looks like. */
  readonly expected: (own: CreatedOrganization) => { status: number; body?: unknown };
}

const CHANGES = { assign_membership_on_login: true, show_as_button: false };
const nothing = () => ({ status: 200, body: [] });
const notFound = () => refusals.organizationConnectionNotFound;
const removed = () => ({ status: 204 });
const noDomain = () => refusals.discoveryDomainNotFound;

const CASES: Case[] = [
  { operation: 'GET /organizations/{id}', expected: (own) => ({ status: 200, body: own }) },
  {
    operation: 'PATCH /organizations/{id}',
    body: () => ({ display_name: 'Changed' }),
    expected: (own) => ({ status: 200, body: { ...own, display_name: 'Changed' } }),
  },
  { operation: 'DELETE /organizations/{id}', expected: removed },
  { operation: 'GET /organizations/{id}/enabled_connections', expected: nothing },
  { operation: 'GET /organizations/{id}/enabled_connections/{connectionId}', expected: notFound },
  {
    operation: 'PATCH /organizations/{id}/enabled_connections/{connectionId}',
    body: () => CHANGES,
    expected: notFound,
  },
  { operation: 'PATCH /organizations/{id}/enabled_connections/{connectionId}', body: () => ({}), expected: notFound },
  { operation: 'DELETE /organizations/{id}/enabled_connections/{connectionId}', expected: removed },
  { operation: 'GET /organizations/{id}/connections', expected: nothing },
  { operation: 'GET /organizations/{id}/connections/{connection_id}', expected: notFound },
  { operation: 'PATCH /organizations/{id}/connections/{connection_id}', body: () => CHANGES, expected: notFound },
  { operation: 'PATCH /organizations/{id}/connections/{connection_id}', body: () => ({}), expected: notFound },
  { operation: 'DELETE /organizations/{id}/connections/{connection_id}', expected: removed },
  {
    operation: 'PUT /organizations/{id}/connections',
    body: () => ({ connections: [] }),
    expected: () => ({
      status: 200,
      body: { connections: [], summary: { added: 0, changed: 0, removed: 0, unchanged: 0 } },
    }),
  },
  { operation: 'GET /organizations/{id}/members', expected: nothing },
  {
    operation: 'DELETE /organizations/{id}/members',
    body: ({ userId }) => ({ members: [userId] }),
    expected: removed,
  },
  { operation: 'GET /organizations/{id}/discovery-domains', expected: () => ({ status: 200, body: { domains: [] } }) },
  { operation: 'GET /organizations/{id}/discovery-domains/{discovery_domain_id}', expected: noDomain },
  { operation: 'GET /organizations/{id}/discovery-domains/name/{discovery_domain}', expected: noDomain },
  {
    operation: 'PATCH /organizations/{id}/discovery-domains/{discovery_domain_id}',
    body: () => ({ status: 'verified' }),
    expected: noDomain,
  },
  { operation: 'POST /organizations/{id}/discovery-domains/{discovery_domain_id}/verify', expected: noDomain },
  { operation: 'DELETE /organizations/{id}/discovery-domains/{discovery_domain_id}', expected: removed },
  {
    operation: 'GET /organizations/{id}/history',
    expected: (own) => ({
      status: 200,
      body: { history: [expect.objectContaining({ resource: { type: 'organization', id: own.id } })] },
    }),
  },
  { operation: 'POST /organizations/{id}/history/{sequence}/revert', expected: () => refusals.changeNotFound },
  {
    operation: 'GET /organizations/{id}/connections/{connection_id}/history',
    expected: () => ({ status: 200, body: { history: [] } }),
  },
  {
    operation: 'POST /organizations/{id}/connections/{connection_id}/history/{sequence}/revert',
    expected: () => refusals.changeNotFound,
  },
];

/** Adding what the other organization has too. */
const ADD_CASES: (Case & { readonly status: number })[] = [
  {
    operation: 'POST /organizations/{id}/enabled_connections',
    body: ({ connectionId }: Named) => ({ connection_id: connectionId, ...CHANGES }),
    status: 201,
  },
  {
    operation: 'POST /organizations/{id}/connections',
    body: ({ connectionId }: Named) => ({ connection_id: connectionId, ...CHANGES }),
    status: 201,
  },
  {
    operation: 'PUT /organizations/{id}/connections',
    body: ({ connectionId }: Named) => ({ connections: [{ connection_id: connectionId, ...CHANGES }] }),
    status: 200,
  },
  {
    operation: 'POST /organizations/{id}/members',
    body: ({ userId }: Named) => ({ members: [userId] }),
    status: 204,
  },
  {
    operation: 'POST /organizations/{id}/discovery-domains',
    body: ({ domain }: Named) => ({ domain, status: 'verified' }),
    status: 201,
  },
].map((one) => ({ ...one, expected: nothing }));

describe('a request on one organization', () => {
  const app = useApp();

  /** An organization without rows, and one with a row of each kind, its connection enabled or disabled. */
  async function createTwo(is_enabled: boolean) {
    const [own, other, connection, user] = await Promise.all([
      createOrganization(app.api),
      createOrganization(app.api),
      createConnection(app.api, 'okta'),
      createUser(app.api),
    ]);
    const fields = { connection_id: connection.id, is_enabled, organization_connection_name: 'Staff' };
    const path = `/organizations/${other.id}`;
    const [{ id: domainId, domain }] = await Promise.all([
      addDiscoveryDomain(app.api, other.id),
      app.api.post(`${path}/connections`, fields),
      app.api.post(`${path}/members`, { members: [user.user_id] }),
    ]);
    const [change] = await app.sql<{ sequence: string }>(
      "SELECT sequence FROM changes WHERE organization_id = $1 AND table_name = 'organization_connections'",
      [other.id],
    );
    const { sequence } = change!;
    const named: Named = { connectionId: connection.id, domainId, domain, userId: user.user_id, sequence };
    const rowsOf = (table: string) => app.sql(`SELECT * FROM ${table} WHERE organization_id = $1`, [other.id]);
    const look = async () => ({
      organization: (await app.api.get(path)).body,
      connections: await rowsOf('organization_connections'),
      members: await rowsOf('organization_members'),
      domains: await rowsOf('organization_discovery_domains'),
    });
    const before = await look();
    expect([before.connections, before.members, before.domains].map(({ length }) => length)).toEqual([1, 1, 1]);
    return { own, named, expectUntouched: async () => expect(await look()).toEqual(before) };
  }

  function ask(operation: string, organization: string, named: Named, body?: Case['body']): Promise<Answer> {
    const [method, template] = operation.split(' ') as [string, string];
    const path = template
      .replace('{id}', organization)
      .replace(/\{connection_?[iI]d\}/, named.connectionId)
      .replace('{discovery_domain_id}', named.domainId)
      .replace('{discovery_domain}', named.domain)
      .replace('{sequence}', named.sequence);
    const headers = { 'content-type': 'application/json' };
    return app.api.request(method, path, body && { headers, body: JSON.stringify(body(named)) });
  }

  it('is here for every path of the published document that has an organization id', () => {
    const document = JSON.parse(readFileSync(paths.openapi, 'utf8')) as { paths: Record<string, object> };
    const published = Object.entries(document.paths)
      .map(([path, operations]) => [path.replace('/api/v2', ''), operations] as const)
      .filter(([path]) => path.startsWith('/organizations/{id}'))
      .flatMap(([path, operations]) => Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`));
    const covered = new Set([...CASES, ...ADD_CASES].map(({ operation }) => operation));
    expect([...covered].sort()).toEqual(published.sort());
  });

  describe.each([
    ['enabled', true],
    ['disabled', false],
  ])('with a row of another that is %s', (_, isEnabled) => {
    it.each(CASES)('neither sees nor changes it: $operation', async ({ operation, body, expected }) => {
      const { own, named, expectUntouched } = await createTwo(isEnabled);
      expectAnswer(await ask(operation, own.id, named, body), expected(own));
      await expectUntouched();
    });

    it.each(ADD_CASES)(
      'adds a row of its own and leaves the other: $operation',
      async ({ operation, body, status }) => {
        const { own, named, expectUntouched } = await createTwo(isEnabled);
        expect((await ask(operation, own.id, named, body)).status).toBe(status);
        await expectUntouched();
        const listed = await ask(operation.replace(/^\w+/, 'GET'), own.id, named);
        const text = JSON.stringify(listed.body);
        expect([named.connectionId, named.domain, named.userId].filter((added) => text.includes(added))).toHaveLength(
          1,
        );
      },
    );

    it.each(['enabled_connections', 'connections'])('removes only its own row: DELETE %s', async (view) => {
      const { own, named, expectUntouched } = await createTwo(isEnabled);
      const operation = `/organizations/{id}/${view}`;
      await ask(`POST ${operation}`, own.id, named, ({ connectionId }) => ({ connection_id: connectionId }));
      expectAnswer(await ask(`DELETE ${operation}/{connection_id}`, own.id, named), { status: 204 });
      expectAnswer(await ask(`GET ${operation}`, own.id, named), nothing());
      await expectUntouched();
    });
  });

  it('is not about another when its id differs in one letter or has something after it', async () => {
    const { id } = await createOrganization(app.api);
    const swapped = id.replace(/[a-zA-Z]$|\d$/, (char) => (char === 'a' ? 'b' : 'a'));
    for (const other of [swapped, `${id}%20`, `${id}x`, id.toUpperCase(), `%20${id}`]) {
      expectAnswer(await app.api.get(`/organizations/${other}`), refusals.organizationNotFound);
    }
  });
});

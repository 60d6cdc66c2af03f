import { join } from 'node:path';
import { Checkout } from '../process/checkout.js';
import { freePort } from '../process/ports.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { refusals } from '../support/errors.js';
import { createConnection, uniqueName } from '../support/factories.js';
import { openSdkSession, thrownBy, useSdk } from './sdk.js';

const NOWHERE = 'org_0000000000000000';

describe('The official SDK', () => {
  const sdk = useSdk({ MAX_CONNECTIONS_PER_ORGANIZATION: '200' });

  /** Rows to page through: as many connections, all enabled for one organization. */
  async function organizationWith(count: number, strategy = 'okta') {
    const organization = await sdk.client.organizations.create({ name: uniqueName('org') });
    const connections = await Promise.all(Array.from({ length: count }, () => createConnection(sdk.app.api, strategy)));
    for (const { id } of connections) {
      await sdk.app.api.post(`/organizations/${organization.id}/connections`, { connection_id: id });
    }
    return { id: organization.id!, connections };
  }

  /** How many requests of a method and path the server has answered. */
  const requests = (method: string, path: string) =>
    sdk.app.log.filter((line) => line['msg'] === 'request' && line['method'] === method && line['path'] === path)
      .length;

  describe('organizations', () => {
    it('creates, gets, gets by name, updates and deletes', async () => {
      const { organizations } = sdk.client;
      const name = uniqueName('org');
      const created = await organizations.create({
        name,
        display_name: 'Acme',
        branding: {
          logo_url: 'https://example.com/logo.png',
          colors: { primary: '#112233', page_background: '#ffffff' },
        },
        metadata: { plan: 'gold' },
      });
      const expected = {
        id: created.id,
        name,
        display_name: 'Acme',
        branding: {
          logo_url: 'https://example.com/logo.png',
          colors: { primary: '#112233', page_background: '#ffffff' },
        },
        metadata: { plan: 'gold' },
        third_party_client_access: 'block',
        is_app_entitlement_active: false,
      };
      expect(created).toEqual(expected);
      expect(created.id).toMatch(/^org_[A-Za-z0-9]{16}$/);
      expect(await organizations.get(created.id!)).toEqual(expected);
      expect(await organizations.getByName(name)).toEqual(expected);
      expect(await organizations.update(created.id!, { display_name: 'Acme Inc.' })).toEqual({
        ...expected,
        display_name: 'Acme Inc.',
      });
      await organizations.delete(created.id!);
      expect(await thrownBy(organizations.get(created.id!))).toEqual({
        name: 'NotFoundError',
        statusCode: 404,
        body: refusals.organizationNotFound.body,
      });
    });

    it('creates with connections', async () => {
      const connection = await createConnection(sdk.app.api, 'auth0');
      const created = await sdk.client.organizations.create({
        name: uniqueName('org'),
        enabled_connections: [
          { connection_id: connection.id, assign_membership_on_login: true, is_signup_enabled: true },
        ],
      });
      expect(created.enabled_connections).toEqual([
        {
          connection_id: connection.id,
          assign_membership_on_login: true,
          is_signup_enabled: true,
          show_as_button: true,
          connection: { name: connection.name, strategy: 'auth0' },
        },
      ]);
    });

    it('lists 120 and more, fetching page after page', async () => {
      await Promise.all(
        Array.from({ length: 120 }, () => sdk.app.api.post('/organizations', { name: uniqueName('listed') })),
      );
      const [{ total }] = (await sdk.app.sql<{ total: number }>(
        'SELECT count(*)::int AS total FROM organizations',
      )) as [{ total: number }];
      for (const take of [50, 7, 100]) {
        const before = requests('GET', '/api/v2/organizations');
        const rows = await sdk.client.organizations.list({ take, sort: 'name:1' });
        const names = rows.map(({ name }) => name!);
        expect(names).toEqual([...names].sort());
        expect(new Set(names).size).toBe(total);
        expect(requests('GET', '/api/v2/organizations') - before).toBe(Math.ceil(total / take));
      }
    });
  });

  describe('organizations.enabledConnections', () => {
    it('adds, gets, lists, updates and deletes', async () => {
      const { enabledConnections } = sdk.client.organizations;
      const { id } = await organizationWith(0);
      const connection = await createConnection(sdk.app.api, 'samlp');
      const row = {
        connection_id: connection.id,
        assign_membership_on_login: true,
        show_as_button: true,
        connection: { name: connection.name, strategy: 'samlp' },
      };
      const sent = { connection_id: connection.id, assign_membership_on_login: true };
      expect(await enabledConnections.add(id, sent)).toEqual(row);
      expect(await enabledConnections.get(id, connection.id)).toEqual(row);
      expect(await enabledConnections.list(id)).toEqual([row]);
      const updated = { ...row, show_as_button: false };
      expect(await enabledConnections.update(id, connection.id, { show_as_button: false })).toEqual(updated);
      expect(await enabledConnections.update(id, connection.id)).toEqual(updated);
      await enabledConnections.delete(id, connection.id);
      await enabledConnections.delete(id, connection.id);
      expect(await thrownBy(enabledConnections.get(id, connection.id))).toEqual({
        name: 'NotFoundError',
        statusCode: 404,
        body: refusals.organizationConnectionNotFound.body,
      });
    });

    it('lists 120, fetching page after page', async () => {
      const { id, connections } = await organizationWith(120);
      const ids = connections.map((connection) => connection.id).sort();
      const path = `/api/v2/organizations/${id}/enabled_connections`;
      // The SDK goes on until a page is empty, or when it was told a page size, until one is short.
      const rows = await sdk.client.organizations.enabledConnections.list(id);
      expect(rows.map((row) => row.connection_id)).toEqual(ids);
      expect(requests('GET', path)).toBe(4);
      expect(await sdk.client.organizations.enabledConnections.list(id, { per_page: 100 })).toEqual(rows);
      expect(requests('GET', path)).toBe(4 + 2);
      // From the second page on.
      expect(await sdk.client.organizations.enabledConnections.list(id, { page: 1 })).toEqual(rows.slice(50));
    });
  });

  describe('organizations.connections', () => {
    it('creates, gets, lists, updates and deletes', async () => {
      const { connections } = sdk.client.organizations;
      const { id } = await organizationWith(0);
      const connection = await createConnection(sdk.app.api, 'auth0');
      const row = {
        connection_id: connection.id,
        assign_membership_on_login: true,
        is_signup_enabled: true,
        show_as_button: true,
        is_enabled: true,
        organization_access_level: 'limited',
        organization_connection_name: 'Staff',
        connection: { name: connection.name, strategy: 'auth0' },
      };
      const created = await connections.create(id, {
        connection_id: connection.id,
        assign_membership_on_login: true,
        is_signup_enabled: true,
        organization_access_level: 'limited',
        organization_connection_name: 'Staff',
      });
      expect(created).toEqual(row);
      expect(await connections.get(id, connection.id)).toEqual(row);
      expect(await connections.list(id)).toEqual([row]);
      const disabled = { ...row, is_enabled: false };
      expect(await connections.update(id, connection.id, { is_enabled: false })).toEqual(disabled);
      expect(await connections.list(id, { is_enabled: true })).toEqual([]);
      expect(await connections.list(id, { is_enabled: false })).toEqual([disabled]);
      await connections.delete(id, connection.id);
      expect(await thrownBy(connections.get(id, connection.id))).toEqual({
        name: 'NotFoundError',
        statusCode: 404,
        body: refusals.organizationConnectionNotFound.body,
      });
    });

    it('lists 120, fetching page after page', async () => {
      const { id, connections } = await organizationWith(120);
      const ids = connections.map((connection) => connection.id).sort();
      const rows = await sdk.client.organizations.connections.list(id);
      expect(rows.map((row) => row.connection_id)).toEqual(ids);
      expect(requests('GET', `/api/v2/organizations/${id}/connections`)).toBe(4);
      expect(await sdk.client.organizations.connections.list(id, { per_page: 33, is_enabled: true })).toEqual(rows);
      expect(requests('GET', `/api/v2/organizations/${id}/connections`)).toBe(4 + 4);
    });
  });

  describe('connections', () => {
    it('creates, gets, updates and deletes', async () => {
      const { connections } = sdk.client;
      const name = uniqueName('con');
      const created = await connections.create({
        name,
        strategy: 'oidc',
        options: { client_id: 'abc', discovery_url: 'https://example.com/.well-known/openid-configuration' },
      });
      const expected = {
        id: created.id,
        name,
        strategy: 'oidc',
        display_name: name,
        options: { client_id: 'abc', discovery_url: 'https://example.com/.well-known/openid-configuration' },
        realms: [name],
        enabled_clients: [],
        is_domain_connection: false,
        show_as_button: false,
        authentication: { active: true },
        connected_accounts: { active: false },
      };
      expect(created).toEqual(expected);
      expect(created.id).toMatch(/^con_[A-Za-z0-9]{16}$/);
      expect(await connections.get(created.id!)).toEqual(expected);
      expect(await connections.get(created.id!, { fields: 'name,strategy', include_fields: true })).toEqual({
        name,
        strategy: 'oidc',
        is_domain_connection: false,
      });
      expect(await connections.update(created.id!, { display_name: 'Acme' })).toEqual({
        ...expected,
        display_name: 'Acme',
      });
      await connections.delete(created.id!);
      await connections.delete(created.id!);
      expect(await thrownBy(connections.get(created.id!))).toEqual({
        name: 'NotFoundError',
        statusCode: 404,
        body: refusals.connectionNotFound.body,
      });
    });

    it('lists 120 of a strategy, fetching page after page, and by several strategies and by name', async () => {
      const { connections } = await organizationWith(120, 'pingfederate');
      const other = await createConnection(sdk.app.api, 'sms');
      const ids = connections.map(({ id }) => id).sort();
      const before = requests('GET', '/api/v2/connections');
      const rows = await sdk.client.connections.list({ strategy: ['pingfederate'] });
      expect(rows.map(({ id }) => id)).toEqual(ids);
      expect(requests('GET', '/api/v2/connections') - before).toBe(3);
      const both = await sdk.client.connections.list({ strategy: ['pingfederate', 'sms'], take: 100 });
      expect(both.map(({ id }) => id)).toEqual([...ids, other.id].sort());
      const [found, ...others] = await sdk.client.connections.list({ name: other.name, fields: 'id,name' });
      expect(found).toEqual({ id: other.id, name: other.name, is_domain_connection: false });
      expect(others).toEqual([]);
    });
  });

  describe('errors', () => {
    it('are of the class for their status and carry the answer', async () => {
      const { organizations } = sdk.client;
      const connection = await createConnection(sdk.app.api, 'okta');
      const { id } = await organizationWith(0);
      await organizations.enabledConnections.add(id, { connection_id: connection.id });
      const { name } = await organizations.get(id);

      const cases: [call: () => Promise<unknown>, name: string, refusal: typeof refusals.noToken][] = [
        [
          () => organizations.enabledConnections.update(id, connection.id, { is_signup_enabled: true }),
          'BadRequestError',
          refusals.signupNotSupported,
        ],
        [() => organizations.get(NOWHERE), 'NotFoundError', refusals.organizationNotFound],
        [
          () => organizations.enabledConnections.add(id, { connection_id: connection.id }),
          'ConflictError',
          refusals.organizationConnectionExists,
        ],
        [() => organizations.create({ name: name! }), 'ConflictError', refusals.organizationNameTaken],
      ];
      for (const [call, errorName, { status, body }] of cases) {
        expect(await thrownBy(call())).toEqual({ name: errorName, statusCode: status, body });
      }
    });

    it('distinguish a token without the scope from an invalid one', async () => {
      const domain = `localhost:${sdk.app.server.httpsPort}`;
      const { authority } = sdk;
      const poor = await openSdkSession(
        { domain, token: await sdk.app.issuer.token({ scopes: ['read:connections'] }) },
        authority,
      );
      const stale = await openSdkSession(
        { domain, token: await sdk.app.issuer.token({ claims: { exp: 1 } }) },
        authority,
      );
      try {
        const { status, body } = refusals.insufficientScope('read:organizations', 'read:organizations_summary');
        expect(await thrownBy(poor.client.organizations.get(NOWHERE))).toEqual({
          name: 'ForbiddenError',
          statusCode: status,
          body,
        });
        expect(await thrownBy(stale.client.organizations.get(NOWHERE))).toEqual({
          name: 'UnauthorizedError',
          statusCode: 401,
          body: refusals.expiredToken.body,
        });
      } finally {
        await Promise.all([poor.close(), stale.close()]);
      }
    });
  });
});

describe('The official SDK with clientId and clientSecret', () => {
  let checkout: Checkout;
  let database: TestDatabase;

  beforeAll(async () => {
    [checkout, database] = await Promise.all([Checkout.create(), createDatabase('template0')]);
  });

  afterAll(async () => {
    await checkout.remove();
    await database.drop();
  });

  it('gets its tokens from a server started as users start it, and works', async () => {
    // The SDK asks for the audience of its domain, so the server must know its port from the start.
    const port = await freePort();
    const env = { DATABASE_URL: database.url, PORT: '0', TLS_PORT: String(port) };
    await checkout.server(env).listening();
    const { stdout } = await checkout.vestibule(['client', 'create', 'sdk'], env).ended;
    const [, clientId, clientSecret] = /^client_id: +(\S+)\nclient_secret: +(\S+)\n$/.exec(stdout) ?? [];
    const options = { domain: `localhost:${port}`, clientId: clientId!, clientSecret: clientSecret! };
    const authority = join(checkout.data, 'tls', 'ca.pem');

    const sdk = await openSdkSession(options, authority);
    const [connection] = await sdk.client.connections.list({ name: 'Username-Password-Authentication' });
    const { id } = await sdk.client.organizations.create({ name: 'acme' });
    const { enabledConnections } = sdk.client.organizations;
    await enabledConnections.add(id!, { connection_id: connection!.id!, assign_membership_on_login: true });
    expect(await enabledConnections.update(id!, connection!.id!, { is_signup_enabled: true })).toEqual({
      connection_id: connection!.id,
      assign_membership_on_login: true,
      is_signup_enabled: true,
      show_as_button: true,
      connection: { name: 'Username-Password-Authentication', strategy: 'auth0' },
    });
    await sdk.close();

    const stranger = await openSdkSession({ ...options, clientSecret: 'not the secret' }, authority);
    expect(await thrownBy(stranger.client.organizations.get(id!))).toEqual({
      name: 'ManagementError',
      statusCode: 401,
      body: { error: 'access_denied', error_description: 'Unauthorized' },
    });
    await stranger.close();
  });
});

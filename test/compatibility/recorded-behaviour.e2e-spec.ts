import { useApp } from '../support/app.js';
import type { Answer } from '../support/api.js';
import { refusals } from '../support/errors.js';
import { uniqueName } from '../support/factories.js';

const plain = ({ status, body }: Answer) => ({ status, body });

interface Created {
  id: string;
}

/** Cases of our own from what recorded traffic of the Management API shows, for where the recordings are not at hand. */
describe('As recorded: a connection', () => {
  const app = useApp();

  const defaults = (id: string, name: string, strategy: string) => ({
    id,
    name,
    strategy,
    options: {},
    realms: [name],
    enabled_clients: [],
    is_domain_connection: false,
    authentication: { active: true },
    connected_accounts: { active: false },
  });

  it.each([
    ['auth0', {}],
    ['email', {}],
    ['sms', {}],
    ['github', {}],
    ['google-oauth2', {}],
    ['apple', {}],
    ['okta', { show_as_button: false }],
    ['samlp', { show_as_button: false }],
  ])('of strategy %s is created with the defaults', async (strategy, more) => {
    const name = uniqueName('con');
    const created = await app.api.post<Created>('/connections', { name, strategy });
    const expected = { ...defaults(created.body.id, name, strategy), ...more };
    expect(plain(created)).toEqual({ status: 201, body: expected });
    expect(plain(await app.api.get(`/connections/${created.body.id}`))).toEqual({ status: 200, body: expected });
  });

  it.each(['oidc', 'waad'])('of strategy %s is shown under its name unless it was given another', async (strategy) => {
    const name = uniqueName('con');
    const [unnamed, named] = await Promise.all([
      app.api.post('/connections', { name, strategy }),
      app.api.post('/connections', { name: uniqueName('con'), strategy, display_name: 'Acme' }),
    ]);
    expect(unnamed.body).toMatchObject({ display_name: name });
    expect(named.body).toMatchObject({ display_name: 'Acme' });
  });

  it.each(['ad', 'adfs', 'google-apps', 'pingfederate', 'waad'])(
    'of strategy %s has a ticket, the same every time',
    async (strategy) => {
      const created = await app.api.post<Created & { provisioning_ticket_url: string }>('/connections', {
        name: uniqueName('con'),
        strategy,
      });
      const { id, provisioning_ticket_url } = created.body;
      expect(provisioning_ticket_url).toMatch(new RegExp(`^https://.+/p/${strategy}/[\\w-]{8,}$`));
      expect((await app.api.get(`/connections/${id}`)).body).toEqual(created.body);
    },
  );

  it('keeps its options as they were sent, in a create and in an update', async () => {
    const options = {
      strategy_version: 2,
      upstream_params: { screen_name: { alias: 'login_hint' } },
      authorizationURL: null,
      allowed_audiences: ['example.com', 'api.example.com'],
      scripts: { login: 'function login(user) {\n  return user;\n}' },
      ünïcode: 'Zoë ✓ 😀',
    };
    const { body } = await app.api.post<Created>('/connections', {
      name: uniqueName('con'),
      strategy: 'auth0',
      options,
    });
    expect(body).toMatchObject({ options });
    const changed = { mfa: { active: true } };
    const updated = await app.api.patch(`/connections/${body.id}`, { options: changed });
    expect(plain(updated)).toEqual({ status: 200, body: { ...body, options: changed } });
    expect((await app.api.get(`/connections/${body.id}`)).body).toEqual(updated.body);
  });

  it('returns its enabled clients sorted', async () => {
    const clients = [
      'tAIl2uwt3YMhKuD9a0XFQOBzCaOcYEnc',
      '8rBcP3D2sY21NCNqYkOcIifUGvvcY3z4',
      'T2QUXhLciH0CSlDCICirlExjNDIrsHJQ',
    ];
    const created = await app.api.post('/connections', {
      name: uniqueName('con'),
      strategy: 'ad',
      enabled_clients: clients,
    });
    expect(created).toMatchObject({ status: 201, body: { enabled_clients: [clients[1], clients[2], clients[0]] } });
  });

  it('is deleted with 202 and the time, and with 204 when it is already gone', async () => {
    const { body } = await app.api.post<Created>('/connections', { name: uniqueName('con'), strategy: 'auth0' });
    const deleted = await app.api.delete<{ deleted_at: string }>(`/connections/${body.id}`);
    const { deleted_at } = deleted.body;
    expect(plain(deleted)).toEqual({ status: 202, body: { deleted_at } });
    expect(new Date(deleted_at).toISOString()).toBe(deleted_at);
    expect(plain(await app.api.delete(`/connections/${body.id}`))).toEqual({ status: 204, body: undefined });
    expect(plain(await app.api.get(`/connections/${body.id}`))).toEqual(refusals.connectionNotFound);
  });

  it('is there from the start: Username-Password-Authentication', async () => {
    const { body } = await app.api.get<Created[]>('/connections?name=Username-Password-Authentication');
    expect(body).toEqual([defaults(body[0]!.id, 'Username-Password-Authentication', 'auth0')]);
  });
});

describe('As recorded: an organization', () => {
  const app = useApp();
  const defaults = { third_party_client_access: 'block', is_app_entitlement_active: false };

  it('is created, read by id and by name, renamed and deleted', async () => {
    const sent = {
      name: uniqueName('test-organization'),
      display_name: 'Test Organization',
      branding: { logo_url: 'https://example.com/logo.gif' },
    };
    const created = await app.api.post<Created>('/organizations', sent);
    const { id } = created.body;
    expect(plain(created)).toEqual({ status: 201, body: { id, ...sent, ...defaults } });
    for (const path of [`/organizations/${id}`, `/organizations/name/${sent.name}`]) {
      expect(plain(await app.api.get(path))).toEqual({ status: 200, body: created.body });
    }
    const name = uniqueName('new-org-name');
    const renamed = { ...created.body, name };
    expect(plain(await app.api.patch(`/organizations/${id}`, { name }))).toEqual({ status: 200, body: renamed });
    expect(plain(await app.api.get(`/organizations/name/${sent.name}`))).toEqual(refusals.organizationNotFound);
    expect(plain(await app.api.get(`/organizations/name/${name}`))).toEqual({ status: 200, body: renamed });
    expect(plain(await app.api.delete(`/organizations/${id}`))).toEqual({ status: 204, body: undefined });
    expect(plain(await app.api.get(`/organizations/${id}`))).toEqual(refusals.organizationNotFound);
    expect(plain(await app.api.delete(`/organizations/${id}`))).toEqual(refusals.organizationNotFound);
  });

  it('is created with nothing but a name', async () => {
    const name = uniqueName('org');
    const created = await app.api.post<Created>('/organizations', { name });
    expect(plain(created)).toEqual({ status: 201, body: { id: created.body.id, name, ...defaults } });
  });

  it('shows the connections it was created with in the answer to that, and never again', async () => {
    const connection = await app.api.post<Created>('/connections', { name: uniqueName('con'), strategy: 'okta' });
    const name = uniqueName('org');
    const created = await app.api.post<Created & { enabled_connections: object[] }>('/organizations', {
      name,
      enabled_connections: [{ connection_id: connection.body.id, show_as_button: false }],
    });
    const { enabled_connections, ...rest } = created.body;
    expect(enabled_connections).toEqual([
      expect.objectContaining({
        connection_id: connection.body.id,
        assign_membership_on_login: false,
        show_as_button: false,
      }),
    ]);
    expect(enabled_connections[0]).not.toHaveProperty('is_signup_enabled');
    expect((await app.api.get(`/organizations/${rest.id}`)).body).toEqual(rest);
  });

  it('is listed bare, with totals, and from checkpoint to checkpoint', async () => {
    const names = Array.from({ length: 5 }, () => uniqueName('aaa')).sort();
    for (const name of names) await app.api.post('/organizations', { name });
    const [bare, withTotals, beyond, first] = await Promise.all(
      ['per_page=2&page=1', 'per_page=2&page=1&include_totals=true', 'page=40&include_totals=true', 'take=2'].map(
        (query) => app.api.get<never>(`/organizations?sort=name:1&${query}`),
      ),
    );
    const shown = names.map((name) => expect.objectContaining({ name }) as object);
    expect(bare!.body).toEqual(shown.slice(2, 4));
    const [{ total }] = (await app.sql<{ total: number }>('SELECT count(*)::int AS total FROM organizations')) as [
      { total: number },
    ];
    expect(withTotals!.body).toEqual({ start: 2, limit: 2, total, organizations: shown.slice(2, 4) });
    expect(plain(beyond!)).toEqual({ status: 200, body: { start: 2000, limit: 50, total, organizations: [] } });

    const { next } = first!.body as { next: string };
    expect(first!.body).toEqual({ organizations: shown.slice(0, 2), next });
    const rest = await app.api.get(`/organizations?sort=name:1&take=100&from=${encodeURIComponent(next)}`);
    expect(rest.body).toEqual({ organizations: expect.anything() as unknown });
    expect((rest.body as { organizations: object[] }).organizations.slice(0, 3)).toEqual(shown.slice(2));
  });
});

describe('As recorded: the connections of an organization', () => {
  const app = useApp();

  async function prepare(strategy: string) {
    const name = uniqueName('test-conn');
    const [organization, connection] = await Promise.all([
      app.api.post<Created>('/organizations', { name: uniqueName('test-organization') }),
      app.api.post<Created>('/connections', { name, strategy }),
    ]);
    const collection = `/organizations/${organization.body.id}/enabled_connections`;
    const id = connection.body.id;
    return { collection, id, item: `${collection}/${id}`, connection: { name, strategy } };
  }

  it('are added, changed and read, here of an enterprise connection', async () => {
    const { collection, item, id, connection } = await prepare('ad');
    const sent = { connection_id: id, assign_membership_on_login: true, show_as_button: true };
    expect(plain(await app.api.post(collection, sent))).toEqual({ status: 201, body: { ...sent, connection } });
    const changes = { assign_membership_on_login: false, show_as_button: false };
    const changed = { status: 200, body: { ...sent, ...changes, connection } };
    expect(plain(await app.api.patch(item, changes))).toEqual(changed);
    expect(plain(await app.api.get(item))).toEqual(changed);
    expect(plain(await app.api.patch(item, {}))).toEqual(changed);
    expect(plain(await app.api.get(collection))).toEqual({ status: 200, body: [changed.body] });
    expect(plain(await app.api.get(`${collection}?include_totals=true`))).toEqual({
      status: 200,
      body: { start: 0, limit: 50, total: 1, enabled_connections: [changed.body] },
    });
  });

  it('are gone after a delete, which may be repeated', async () => {
    const { collection, item, id } = await prepare('auth0');
    await app.api.post(collection, { connection_id: id });
    for (let times = 0; times < 2; times++) {
      expect(plain(await app.api.delete(item))).toEqual({ status: 204, body: undefined });
    }
    expect(plain(await app.api.get(item))).toEqual(refusals.organizationConnectionNotFound);
    expect(plain(await app.api.get(collection))).toEqual({ status: 200, body: [] });
  });

  it('have signup only on a database connection, and only with membership', async () => {
    const database = await prepare('auth0');
    const both = { connection_id: database.id, assign_membership_on_login: true, is_signup_enabled: true };
    const row = { ...both, show_as_button: true, connection: database.connection };
    expect(plain(await app.api.post(database.collection, both))).toEqual({ status: 201, body: row });
    expect(
      plain(await app.api.patch(database.item, { assign_membership_on_login: false, is_signup_enabled: true })),
    ).toEqual(refusals.signupNotSupported);
    expect(plain(await app.api.get(database.item))).toEqual({ status: 200, body: row });
    const off = { assign_membership_on_login: false, is_signup_enabled: false };
    expect(plain(await app.api.patch(database.item, off))).toEqual({ status: 200, body: { ...row, ...off } });

    for (const strategy of ['ad', 'github', 'email']) {
      const other = await prepare(strategy);
      const sent = { connection_id: other.id, assign_membership_on_login: true, is_signup_enabled: true };
      expect(plain(await app.api.post(other.collection, sent))).toEqual(refusals.signupNotSupported);
      const added = await app.api.post(other.collection, { connection_id: other.id });
      expect(plain(added)).toEqual({
        status: 201,
        body: {
          connection_id: other.id,
          assign_membership_on_login: false,
          show_as_button: true,
          connection: other.connection,
        },
      });
    }
  });

  it('go with their connection', async () => {
    const { collection, item, id } = await prepare('okta');
    await app.api.post(collection, { connection_id: id });
    expect((await app.api.delete(`/connections/${id}`)).status).toBe(202);
    expect(plain(await app.api.get(item))).toEqual(refusals.organizationConnectionNotFound);
  });

  it('are the same rows in the connections API, which shows more settings', async () => {
    const { collection, item, id, connection } = await prepare('samlp');
    const newer = collection.replace('enabled_connections', 'connections');
    const added = await app.api.post(newer, { connection_id: id, is_enabled: false });
    const row = {
      connection_id: id,
      assign_membership_on_login: false,
      show_as_button: true,
      is_enabled: false,
      organization_access_level: 'none',
      connection,
    };
    expect(plain(added)).toEqual({ status: 201, body: row });
    expect(plain(await app.api.get(item))).toEqual(refusals.organizationConnectionNotFound);
    const enabled = { ...row, is_enabled: true, organization_connection_name: 'Staff' };
    expect(
      plain(await app.api.patch(`${newer}/${id}`, { is_enabled: true, organization_connection_name: 'Staff' })),
    ).toEqual({ status: 200, body: enabled });
    expect(plain(await app.api.get(item))).toEqual({
      status: 200,
      body: { connection_id: id, assign_membership_on_login: false, show_as_button: true, connection },
    });
  });
});

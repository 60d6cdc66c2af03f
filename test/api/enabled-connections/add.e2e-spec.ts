import { absent, itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createConnection, createEnabled, createOrganization } from '../../support/factories.js';

describe('POST /organizations/{id}/enabled_connections', () => {
  const app = useApp();

  const createPath = async () => `/organizations/${(await createOrganization(app.api)).id}/enabled_connections`;

  itIsGuardedBy(app, { 'create:organization_connections': 400 }, (api) =>
    api.post(`/organizations/${absent.organization}/enabled_connections`, {}),
  );

  it.each<[string, unknown, string]>([
    ['no connection', {}, "'Missing required property: connection_id'"],
    [
      'a connection id of another form',
      { connection_id: 'con_1' },
      "'Object didn't pass validation for format connection-id: con_1' on property connection_id",
    ],
    [
      'a connection id that is no text',
      { connection_id: 1 },
      "'Expected type string but found type integer' on property connection_id",
    ],
    ...['assign_membership_on_login', 'is_signup_enabled', 'show_as_button'].flatMap(
      (flag): [string, unknown, string][] => [
        [
          `a text as ${flag}`,
          { connection_id: absent.connection, [flag]: 'true' },
          `'Expected type boolean but found type string' on property ${flag}`,
        ],
        [
          `null as ${flag}`,
          { connection_id: absent.connection, [flag]: null },
          `'Expected type boolean but found type null' on property ${flag}`,
        ],
      ],
    ),
    [
      'a flag of the connections API',
      { connection_id: absent.connection, is_enabled: true },
      "'Additional properties not allowed: is_enabled'",
    ],
    ['a list', [{ connection_id: absent.connection }], "'Expected type object but found type array'"],
  ])('returns 400 for %s', async (_, body, detail) => {
    expectAnswer(await app.api.post(await createPath(), body), refusals.invalidBody(detail));
  });

  it('returns 400 for an unknown connection', async () => {
    expectAnswer(
      await app.api.post(await createPath(), { connection_id: absent.connection }),
      refusals.connectionInBodyUnknown,
    );
  });

  it('returns 400 for signup without membership and adds nothing', async () => {
    const [path, { id }] = [await createPath(), await createConnection(app.api)];
    expectAnswer(await app.api.post(path, { connection_id: id, is_signup_enabled: true }), refusals.signupNotSupported);
    expectAnswer(await app.api.get(path), { status: 200, body: [] });
  });

  it.each(['okta', 'github', 'email'])('returns 400 for signup with %s, which is not a database', async (strategy) => {
    const [path, { id }] = [await createPath(), await createConnection(app.api, strategy)];
    expectAnswer(
      await app.api.post(path, { connection_id: id, is_signup_enabled: true, assign_membership_on_login: true }),
      refusals.signupNotSupported,
    );
    expectAnswer(await app.api.get(path), { status: 200, body: [] });
  });

  it.each(['auth0', 'github', 'email'])(
    'returns 400 for %s without a button, which is no enterprise connection',
    async (strategy) => {
      const [path, { id }] = [await createPath(), await createConnection(app.api, strategy)];
      expectAnswer(
        await app.api.post(path, { connection_id: id, show_as_button: false }),
        refusals.hiddenButtonNotSupported,
      );
      expectAnswer(await app.api.get(path), { status: 200, body: [] });
    },
  );

  it('returns 400 for the eleventh connection, enabled or not', async () => {
    const path = await createPath();
    const connections = await Promise.all(Array.from({ length: 11 }, () => createConnection(app.api)));
    const [last, ...ten] = connections.map(({ id }) => ({ connection_id: id }));
    for (const [at, body] of ten.entries()) {
      const { status } = await app.api.post(
        at % 2 === 0 ? path : path.replace('enabled_connections', 'connections'),
        at % 2 === 0 ? body : { ...body, is_enabled: false },
      );
      expect(status).toBe(201);
    }
    expectAnswer(await app.api.post(path, last), refusals.connectionLimitReached());

    expectAnswer(await app.api.delete(`${path}/${ten[0]!.connection_id}`), { status: 204 });
    expect((await app.api.post(path, last)).status).toBe(201);
  });

  it('returns 404 for an unknown organization', async () => {
    const { id } = await createConnection(app.api);
    expectAnswer(
      await app.api.post(`/organizations/${absent.organization}/enabled_connections`, { connection_id: id }),
      refusals.organizationNotFound,
    );
  });

  it('returns 409 when the connection is already enabled and leaves it as it is', async () => {
    const { path, organization, connection } = await createEnabled(app.api, 'okta', { show_as_button: false });
    const { body: before } = await app.api.get(path);
    expectAnswer(
      await app.api.post(`/organizations/${organization.id}/enabled_connections`, { connection_id: connection.id }),
      refusals.organizationConnectionExists,
    );
    expectAnswer(await app.api.get(path), { status: 200, body: before });
  });

  it('adds a database connection with the defaults', async () => {
    const [path, { id, name }] = [await createPath(), await createConnection(app.api)];
    const row = {
      connection_id: id,
      assign_membership_on_login: false,
      is_signup_enabled: false,
      show_as_button: true,
      connection: { name, strategy: 'auth0' },
    };
    expectAnswer(await app.api.post(path, { connection_id: id }), { status: 201, body: row });
    expectAnswer(await app.api.get(`${path}/${id}`), { status: 200, body: row });
    expectAnswer(await app.api.get(path), { status: 200, body: [row] });
  });

  it.each(['okta', 'github', 'email'])('adds %s with the defaults and without is_signup_enabled', async (strategy) => {
    const [path, { id, name }] = [await createPath(), await createConnection(app.api, strategy)];
    const row = {
      connection_id: id,
      assign_membership_on_login: false,
      show_as_button: true,
      connection: { name, strategy },
    };
    expectAnswer(await app.api.post(path, { connection_id: id }), { status: 201, body: row });
    expectAnswer(await app.api.get(`${path}/${id}`), { status: 200, body: row });
  });

  it('adds with everything that can be set', async () => {
    const [path, { id, name }] = [await createPath(), await createConnection(app.api)];
    const flags = { assign_membership_on_login: true, is_signup_enabled: true, show_as_button: true };
    const row = { connection_id: id, ...flags, connection: { name, strategy: 'auth0' } };
    expectAnswer(await app.api.post(path, { connection_id: id, ...flags }), { status: 201, body: row });
    expectAnswer(await app.api.get(`${path}/${id}`), { status: 200, body: row });
  });

  it('takes false for is_signup_enabled where it can never be true', async () => {
    const [path, { id }] = [await createPath(), await createConnection(app.api, 'okta')];
    expect((await app.api.post(path, { connection_id: id, is_signup_enabled: false })).status).toBe(201);
  });

  it('adds the same connection to two organizations', async () => {
    const { id } = await createConnection(app.api);
    expect((await app.api.post(await createPath(), { connection_id: id })).status).toBe(201);
    expect((await app.api.post(await createPath(), { connection_id: id })).status).toBe(201);
  });

  it('puts a new row in the place of one that is disabled', async () => {
    const [path, { id, name }] = [await createPath(), await createConnection(app.api)];
    const newer = path.replace('enabled_connections', 'connections');
    await app.api.post(newer, {
      connection_id: id,
      is_enabled: false,
      assign_membership_on_login: true,
      is_signup_enabled: true,
      organization_access_level: 'full',
      organization_connection_name: 'Staff',
    });
    const row = {
      connection_id: id,
      assign_membership_on_login: false,
      is_signup_enabled: false,
      show_as_button: true,
      connection: { name, strategy: 'auth0' },
    };
    expectAnswer(await app.api.post(path, { connection_id: id }), { status: 201, body: row });
    expectAnswer(await app.api.get(newer), {
      status: 200,
      body: [{ ...row, is_enabled: true, organization_access_level: 'none' }],
    });
  });

  it('accepts a form as well as JSON', async () => {
    const [path, { id, name }] = [await createPath(), await createConnection(app.api, 'okta')];
    const body = new URLSearchParams({ connection_id: id, show_as_button: 'false' });
    expectAnswer(await app.api.request('POST', path, { body }), {
      status: 201,
      body: {
        connection_id: id,
        assign_membership_on_login: false,
        show_as_button: false,
        connection: { name, strategy: 'okta' },
      },
    });
  });
});

describe('POST /organizations/{id}/enabled_connections with MAX_CONNECTIONS_PER_ORGANIZATION', () => {
  const app = useApp({ env: { MAX_CONNECTIONS_PER_ORGANIZATION: '1' } });

  it('returns 400 for one connection more, and names the limit', async () => {
    const { organization, connection } = await createEnabled(app.api);
    const path = `/organizations/${organization.id}/enabled_connections`;
    const { id } = await createConnection(app.api);
    expectAnswer(await app.api.post(path, { connection_id: id }), refusals.connectionLimitReached(1));
    expectAnswer(await app.api.post(path, { connection_id: connection.id }), refusals.organizationConnectionExists);
  });

  it('counts a disabled row that is replaced only once', async () => {
    const { path, organization, connection } = await createEnabled(app.api);
    await app.api.patch(path.replace('enabled_connections', 'connections'), { is_enabled: false });
    const collection = `/organizations/${organization.id}/enabled_connections`;
    expect((await app.api.post(collection, { connection_id: connection.id })).status).toBe(201);
  });
});

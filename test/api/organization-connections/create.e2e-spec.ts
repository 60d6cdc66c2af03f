import { absent, itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createConnection, createEnabled, createOrganization } from '../../support/factories.js';

describe('POST /organizations/{id}/connections', () => {
  const app = useApp();

  const createPath = async () => `/organizations/${(await createOrganization(app.api)).id}/connections`;

  itIsGuardedBy(app, { 'create:organization_connections': 400 }, (api) =>
    api.post(`/organizations/${absent.organization}/connections`, {}),
  );

  it.each<[string, unknown, string]>([
    ['no connection', {}, "'Missing required property: connection_id'"],
    [
      'an empty connection id',
      { connection_id: '' },
      "'String is too short (0 chars), minimum 1' on property connection_id",
    ],
    [
      'a connection id of another form',
      { connection_id: 'con_1' },
      "'Object didn't pass validation for format connection-id: con_1' on property connection_id",
    ],
    ...['assign_membership_on_login', 'is_signup_enabled', 'show_as_button', 'is_enabled'].map(
      (flag): [string, unknown, string] => [
        `a text as ${flag}`,
        { connection_id: absent.connection, [flag]: 'true' },
        `'Expected type boolean but found type string' on property ${flag}`,
      ],
    ),
    [
      'a null is_enabled',
      { connection_id: absent.connection, is_enabled: null },
      "'Expected type boolean but found type null' on property is_enabled",
    ],
    [
      'an unknown access level',
      { connection_id: absent.connection, organization_access_level: 'some' },
      "'No enum match for: some' on property organization_access_level",
    ],
    [
      'an empty name',
      { connection_id: absent.connection, organization_connection_name: '' },
      "'String is too short (0 chars), minimum 1' on property organization_connection_name",
    ],
    [
      'a name too long',
      { connection_id: absent.connection, organization_connection_name: 'a'.repeat(51) },
      "'String is too long (51 chars), maximum 50' on property organization_connection_name",
    ],
    [
      'a NUL character in the name',
      { connection_id: absent.connection, organization_connection_name: 'a\0' },
      "'Object didn't pass validation for format unicode' on property organization_connection_name",
    ],
    [
      'half a character in the name',
      { connection_id: absent.connection, organization_connection_name: 'a\ud83d' },
      "'Object didn't pass validation for format unicode' on property organization_connection_name",
    ],
    [
      'an unknown property',
      { connection_id: absent.connection, connection: {} },
      "'Additional properties not allowed: connection'",
    ],
  ])('returns 400 for %s', async (_, body, detail) => {
    expectAnswer(await app.api.post(await createPath(), body), refusals.invalidBody(detail));
  });

  it('returns 400 for an unknown connection', async () => {
    expectAnswer(
      await app.api.post(await createPath(), { connection_id: absent.connection }),
      refusals.connectionInBodyUnknown,
    );
  });

  it('returns 400 for flags the connection cannot have, enabled or not, and adds nothing', async () => {
    const [path, { id }] = [await createPath(), await createConnection(app.api)];
    for (const is_enabled of [true, false]) {
      const body = { connection_id: id, is_enabled };
      expectAnswer(await app.api.post(path, { ...body, is_signup_enabled: true }), refusals.signupNotSupported);
      expectAnswer(await app.api.post(path, { ...body, show_as_button: false }), refusals.hiddenButtonNotSupported);
    }
    expectAnswer(await app.api.get(path), { status: 200, body: [] });
  });

  it('returns 404 for an unknown organization', async () => {
    const { id } = await createConnection(app.api);
    expectAnswer(
      await app.api.post(`/organizations/${absent.organization}/connections`, { connection_id: id }),
      refusals.organizationNotFound,
    );
  });

  it.each([true, false])('returns 409 when the organization has the connection, enabled: %s', async (is_enabled) => {
    const [path, { id }] = [await createPath(), await createConnection(app.api)];
    const { body: row } = await app.api.post(path, { connection_id: id, is_enabled });
    expectAnswer(
      await app.api.post(path, { connection_id: id, organization_access_level: 'full' }),
      refusals.organizationConnectionExists,
    );
    expectAnswer(await app.api.get(path), { status: 200, body: [row] });
  });

  it('returns 409 when the connection was added through the enabled-connections API', async () => {
    const { organization, connection } = await createEnabled(app.api);
    expectAnswer(
      await app.api.post(`/organizations/${organization.id}/connections`, { connection_id: connection.id }),
      refusals.organizationConnectionExists,
    );
  });

  it('adds a database connection with the defaults, which the enabled-connections API shows too', async () => {
    const [path, { id, name }] = [await createPath(), await createConnection(app.api)];
    const older = {
      connection_id: id,
      assign_membership_on_login: false,
      is_signup_enabled: false,
      show_as_button: true,
      connection: { name, strategy: 'auth0' },
    };
    const row = { ...older, is_enabled: true, organization_access_level: 'none' };
    expectAnswer(await app.api.post(path, { connection_id: id }), { status: 201, body: row });
    expectAnswer(await app.api.get(`${path}/${id}`), { status: 200, body: row });
    expectAnswer(await app.api.get(path.replace(/connections$/, `enabled_connections/${id}`)), {
      status: 200,
      body: older,
    });
  });

  it('adds an enterprise connection with everything that can be set', async () => {
    const [path, { id, name }] = [await createPath(), await createConnection(app.api, 'okta')];
    const settings = {
      assign_membership_on_login: true,
      show_as_button: false,
      is_enabled: false,
      organization_access_level: 'limited',
      organization_member_access_level: 'full',
      organization_connection_name: '😀'.repeat(50),
    };
    const row = { connection_id: id, ...settings, connection: { name, strategy: 'okta' } };
    expectAnswer(await app.api.post(path, { connection_id: id, ...settings }), { status: 201, body: row });
    expectAnswer(await app.api.get(`${path}/${id}`), { status: 200, body: row });
  });

  it.each(['none', 'readonly', 'limited', 'full'])('accepts the access level %s', async (level) => {
    const [path, { id }] = [await createPath(), await createConnection(app.api)];
    const levels = { organization_access_level: level, organization_member_access_level: level };
    const { body } = await app.api.post(path, { connection_id: id, ...levels });
    expect(body).toMatchObject(levels);
  });

  it('adds a row that is disabled, which does not exist in the enabled-connections API', async () => {
    const [path, { id }] = [await createPath(), await createConnection(app.api)];
    expect((await app.api.post(path, { connection_id: id, is_enabled: false })).status).toBe(201);
    expectAnswer(
      await app.api.get(path.replace(/connections$/, `enabled_connections/${id}`)),
      refusals.organizationConnectionNotFound,
    );
  });
});

describe('POST /organizations/{id}/connections with MAX_CONNECTIONS_PER_ORGANIZATION', () => {
  const app = useApp({ env: { MAX_CONNECTIONS_PER_ORGANIZATION: '2' } });

  it('returns 400 with the limit for one connection more, disabled ones included', async () => {
    const { organization } = await createEnabled(app.api);
    const path = `/organizations/${organization.id}/connections`;
    const [one, two] = [await createConnection(app.api), await createConnection(app.api)];
    expect((await app.api.post(path, { connection_id: one.id, is_enabled: false })).status).toBe(201);
    expectAnswer(await app.api.post(path, { connection_id: two.id }), refusals.connectionLimitReached(2));
    expectAnswer(
      await app.api.post(path, { connection_id: two.id, is_enabled: false }),
      refusals.connectionLimitReached(2),
    );
  });
});

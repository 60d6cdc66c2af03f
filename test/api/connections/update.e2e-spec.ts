import { absent, itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createConnection } from '../../support/factories.js';

describe('PATCH /connections/{id}', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'update:connections': 404 }, (api) =>
    api.patch(`/connections/${absent.connection}`, { display_name: 'a' }),
  );

  it.each<[string, object, string]>([
    ['an empty body', {}, "'Too few properties defined (0), minimum 1'"],
    ['another strategy', { strategy: 'samlp' }, "'Additional properties not allowed: strategy'"],
    ['the strategy it has', { strategy: 'okta' }, "'Additional properties not allowed: strategy'"],
    ['a name', { name: 'another' }, "'Additional properties not allowed: name'"],
    [
      'options that are no object',
      { options: 'a' },
      "'Expected type object but found type string' on property options",
    ],
    [
      'options above 256 KB',
      { options: { a: 'a'.repeat(256 * 1024) } },
      "'Object is too large (262152 bytes), maximum 262144' on property options",
    ],
    [
      'a display name too long',
      { display_name: 'a'.repeat(129) },
      "'String is too long (129 chars), maximum 128' on property display_name",
    ],
    [
      'a null display name',
      { display_name: null },
      "'Expected type string but found type null' on property display_name",
    ],
    [
      'a flag of another type',
      { show_as_button: 'yes' },
      "'Expected type boolean but found type string' on property show_as_button",
    ],
    [
      'authentication without its flag',
      { authentication: {} },
      "'Missing required property: active' on property authentication",
    ],
  ])('returns 400 for %s and changes nothing', async (_, body, detail) => {
    const connection = await createConnection(app.api, 'okta');
    const path = `/connections/${connection.id}`;
    expectAnswer(await app.api.patch(path, body), refusals.invalidBody(detail));
    expectAnswer(await app.api.get(path), { status: 200, body: connection });
  });

  it('returns 404 for an unknown connection', async () => {
    expectAnswer(
      await app.api.patch(`/connections/${absent.connection}`, { display_name: 'a' }),
      refusals.connectionNotFound,
    );
  });

  it.each<[string, object]>([
    ['display_name', { display_name: 'Acme 😀' }],
    ['options', { options: { z: 1, a: null } }],
    ['realms', { realms: ['one', 'two'] }],
    ['enabled_clients', { enabled_clients: ['client1'] }],
    ['is_domain_connection', { is_domain_connection: true }],
    ['show_as_button', { show_as_button: true }],
    ['metadata', { metadata: { other: 'value' } }],
    ['authentication', { authentication: { active: false } }],
    ['connected_accounts', { connected_accounts: { active: true, cross_app_access: false } }],
    ['cross_app_access_requesting_app', { cross_app_access_requesting_app: { active: true } }],
  ])('changes %s and nothing else', async (_, change) => {
    const connection = await createConnection(app.api, 'okta', { options: { before: true }, metadata: { a: 'b' } });
    const path = `/connections/${connection.id}`;
    const expected = { status: 200, body: { ...connection, ...change } };
    expectAnswer(await app.api.patch(path, change), expected);
    expectAnswer(await app.api.get(path), expected);
  });

  it('empties options and clients with null', async () => {
    const connection = await createConnection(app.api, 'auth0', { options: { a: 1 }, enabled_clients: ['client1'] });
    const path = `/connections/${connection.id}`;
    const expected = { status: 200, body: { ...connection, options: {}, enabled_clients: [] } };
    expectAnswer(await app.api.patch(path, { options: null, enabled_clients: null }), expected);
    expectAnswer(await app.api.get(path), expected);
  });

  it('leaves what an organization has set for the connection alone', async () => {
    const connection = await createConnection(app.api, 'okta');
    const { body: organization } = await app.api.post<{ id: string }>('/organizations', {
      name: 'acme',
      enabled_connections: [{ connection_id: connection.id, show_as_button: false }],
    });
    await app.api.patch(`/connections/${connection.id}`, { show_as_button: true });
    expectAnswer(await app.api.get(`/organizations/${organization.id}/enabled_connections/${connection.id}`), {
      status: 200,
      body: {
        connection_id: connection.id,
        assign_membership_on_login: false,
        show_as_button: false,
        connection: { name: connection.name, strategy: 'okta' },
      },
    });
  });
});

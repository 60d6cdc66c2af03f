import { absent, itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createEnabled, createOrganization } from '../../support/factories.js';

describe('PATCH /organizations/{id}/connections/{connection_id}', () => {
  const app = useApp();

  /** A row that has been set to something else than the defaults. */
  async function createRow(strategy = 'okta', settings: object = {}): Promise<{ path: string; row: object }> {
    const { organization, connection } = await createEnabled(app.api, strategy);
    const path = `/organizations/${organization.id}/connections/${connection.id}`;
    const { body } = await app.api.patch<object>(path, {
      assign_membership_on_login: true,
      is_enabled: false,
      organization_access_level: 'limited',
      organization_member_access_level: 'readonly',
      organization_connection_name: 'Staff',
      ...settings,
    });
    return { path, row: body };
  }

  itIsGuardedBy(app, { 'update:organization_connections': 404 }, (api) =>
    api.patch(`/organizations/${absent.organization}/connections/${absent.connection}`, {}),
  );

  it.each<[string, unknown, string]>([
    ...['assign_membership_on_login', 'is_signup_enabled', 'show_as_button'].map((flag): [string, unknown, string] => [
      `null as ${flag}`,
      { [flag]: null },
      `'Expected type boolean but found type null' on property ${flag}`,
    ]),
    [
      'a text as is_enabled',
      { is_enabled: 'no' },
      "'Expected type boolean but found type string' on property is_enabled",
    ],
    [
      'an unknown access level',
      { organization_access_level: 'some' },
      "'No enum match for: some' on property organization_access_level",
    ],
    [
      'an unknown access level of members',
      { organization_member_access_level: 'some' },
      "'No enum match for: some' on property organization_member_access_level",
    ],
    [
      'an empty name',
      { organization_connection_name: '' },
      "'String is too short (0 chars), minimum 1' on property organization_connection_name",
    ],
    [
      'a name too long',
      { organization_connection_name: 'a'.repeat(51) },
      "'String is too long (51 chars), maximum 50' on property organization_connection_name",
    ],
    ['a connection', { connection_id: absent.connection }, "'Additional properties not allowed: connection_id'"],
  ])('returns 400 for %s and changes nothing', async (_, body, detail) => {
    const { path, row } = await createRow();
    expectAnswer(await app.api.patch(path, body), refusals.invalidBody(detail));
    expectAnswer(await app.api.get(path), { status: 200, body: row });
  });

  it('returns 400 for flags the connection cannot have, and changes nothing', async () => {
    const { path, row } = await createRow('auth0', { assign_membership_on_login: false });
    expectAnswer(
      await app.api.patch(path, { is_signup_enabled: true, organization_connection_name: 'Changed' }),
      refusals.signupNotSupported,
    );
    expectAnswer(
      await app.api.patch(path, { show_as_button: false, is_enabled: true }),
      refusals.hiddenButtonNotSupported,
    );
    expectAnswer(await app.api.get(path), { status: 200, body: row });
  });

  it('returns 404 for an unknown organization', async () => {
    const { connection } = await createEnabled(app.api);
    const path = `/organizations/${absent.organization}/connections/${connection.id}`;
    expectAnswer(await app.api.patch(path, { is_enabled: false }), refusals.organizationNotFound);
    expectAnswer(await app.api.patch(path, {}), refusals.organizationNotFound);
  });

  it('returns 404 for a connection the organization does not have', async () => {
    const { connection } = await createEnabled(app.api);
    const other = await createOrganization(app.api);
    const path = `/organizations/${other.id}/connections/${connection.id}`;
    expectAnswer(await app.api.patch(path, { is_enabled: false }), refusals.organizationConnectionNotFound);
    expectAnswer(await app.api.patch(path, {}), refusals.organizationConnectionNotFound);
  });

  it.each<[string, object]>([
    ['assign_membership_on_login', { assign_membership_on_login: false }],
    ['show_as_button', { show_as_button: false }],
    ['is_enabled', { is_enabled: true }],
    ['organization_access_level', { organization_access_level: 'readonly' }],
    ['organization_member_access_level', { organization_member_access_level: 'full' }],
    ['organization_connection_name', { organization_connection_name: 'Contractors 😀' }],
  ])('changes %s and nothing else', async (_, change) => {
    const { path, row } = await createRow();
    const expected = { status: 200, body: { ...row, ...change } };
    expectAnswer(await app.api.patch(path, change), expected);
    expectAnswer(await app.api.get(path), expected);
  });

  it('changes is_signup_enabled of a database connection and nothing else', async () => {
    const { path, row } = await createRow('auth0');
    const expected = { status: 200, body: { ...row, is_signup_enabled: true } };
    expectAnswer(await app.api.patch(path, { is_signup_enabled: true }), expected);
    expectAnswer(await app.api.get(path), expected);
  });

  it.each<[string, object, object]>([
    ['is_enabled', { is_enabled: null }, { is_enabled: true }],
    ['organization_access_level', { organization_access_level: null }, { organization_access_level: 'none' }],
    [
      'organization_member_access_level',
      { organization_member_access_level: null },
      // Left out of the answer when it is not set.
      { organization_member_access_level: undefined },
    ],
    [
      'organization_connection_name',
      { organization_connection_name: null },
      { organization_connection_name: undefined },
    ],
  ])('puts the default of %s back with null', async (_, change, expected) => {
    const { path, row } = await createRow();
    expectAnswer(await app.api.patch(path, change), { status: 200, body: { ...row, ...expected } });
    expectAnswer(await app.api.get(path), { status: 200, body: { ...row, ...expected } });
  });

  it('changes nothing for an empty body', async () => {
    const { path, row } = await createRow();
    expectAnswer(await app.api.patch(path, {}), { status: 200, body: row });
    expectAnswer(await app.api.get(path), { status: 200, body: row });
  });

  it('hides a disabled row from the enabled-connections API, and shows it again when enabled', async () => {
    const { organization, connection, path: older } = await createEnabled(app.api);
    const path = `/organizations/${organization.id}/connections/${connection.id}`;
    const { body: before } = await app.api.get(older);
    await app.api.patch(path, { is_enabled: false });
    expectAnswer(await app.api.get(older), refusals.organizationConnectionNotFound);
    await app.api.patch(path, { is_enabled: true });
    expectAnswer(await app.api.get(older), { status: 200, body: before });
  });

  it('accepts a form as well as JSON', async () => {
    const { path, row } = await createRow();
    const change = { is_enabled: 'true', show_as_button: 'false', organization_connection_name: 'true' };
    expectAnswer(await app.api.request('PATCH', path, { body: new URLSearchParams(change) }), {
      status: 200,
      body: { ...row, is_enabled: true, show_as_button: false, organization_connection_name: 'true' },
    });
  });
});

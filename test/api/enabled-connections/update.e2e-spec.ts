import { absent, itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createEnabled, createOrganization } from '../../support/factories.js';

describe('PATCH /organizations/{id}/enabled_connections/{connectionId}', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'update:organization_connections': 404 }, (api) =>
    api.patch(`/organizations/${absent.organization}/enabled_connections/${absent.connection}`, {}),
  );

  it.each<[string, unknown, string]>([
    ...['assign_membership_on_login', 'is_signup_enabled', 'show_as_button'].flatMap(
      (flag): [string, unknown, string][] => [
        [`a text as ${flag}`, { [flag]: 'no' }, `'Expected type boolean but found type string' on property ${flag}`],
        [`null as ${flag}`, { [flag]: null }, `'Expected type boolean but found type null' on property ${flag}`],
        [`a number as ${flag}`, { [flag]: 0 }, `'Expected type boolean but found type integer' on property ${flag}`],
      ],
    ),
    ['a flag of the connections API', { is_enabled: false }, "'Additional properties not allowed: is_enabled'"],
    ['a connection', { connection_id: absent.connection }, "'Additional properties not allowed: connection_id'"],
    ['a list', [], "'Expected type object but found type array'"],
  ])('returns 400 for %s and changes nothing', async (_, body, detail) => {
    const { path } = await createEnabled(app.api, 'okta');
    const { body: before } = await app.api.get(path);
    expectAnswer(await app.api.patch(path, body), refusals.invalidBody(detail));
    expectAnswer(await app.api.get(path), { status: 200, body: before });
  });

  it('returns 400 for ids too long to be one', async () => {
    const { organization } = await createEnabled(app.api);
    expectAnswer(
      await app.api.patch(`/organizations/${'a'.repeat(51)}/enabled_connections/${absent.connection}`, {}),
      refusals.invalidPath("'String is too long (51 chars), maximum 50' on property id"),
    );
    expectAnswer(
      await app.api.patch(`/organizations/${organization.id}/enabled_connections/${'a'.repeat(51)}`, {}),
      refusals.invalidPath("'String is too long (51 chars), maximum 50' on property connectionId"),
    );
  });

  it('returns 400 for signup when membership is not assigned, and changes nothing', async () => {
    const { path } = await createEnabled(app.api);
    const { body: before } = await app.api.get(path);
    expectAnswer(await app.api.patch(path, { is_signup_enabled: true }), refusals.signupNotSupported);
    expectAnswer(await app.api.get(path), { status: 200, body: before });
  });

  it('returns 400 for taking membership away while signup is on, and changes nothing', async () => {
    const { path } = await createEnabled(app.api, 'auth0', {
      assign_membership_on_login: true,
      is_signup_enabled: true,
    });
    const { body: before } = await app.api.get(path);
    expectAnswer(await app.api.patch(path, { assign_membership_on_login: false }), refusals.signupNotSupported);
    expectAnswer(await app.api.get(path), { status: 200, body: before });
  });

  it.each(['okta', 'github', 'sms'])('returns 400 for signup with %s, which is not a database', async (strategy) => {
    const { path } = await createEnabled(app.api, strategy, { assign_membership_on_login: true });
    expectAnswer(await app.api.patch(path, { is_signup_enabled: true }), refusals.signupNotSupported);
  });

  it.each(['auth0', 'github', 'sms'])(
    'returns 400 for %s without a button, which is no enterprise connection',
    async (strategy) => {
      const { path } = await createEnabled(app.api, strategy);
      expectAnswer(await app.api.patch(path, { show_as_button: false }), refusals.hiddenButtonNotSupported);
    },
  );

  it('returns 404 for an unknown organization', async () => {
    const { connection } = await createEnabled(app.api);
    const path = `/organizations/${absent.organization}/enabled_connections/${connection.id}`;
    expectAnswer(await app.api.patch(path, { show_as_button: true }), refusals.organizationNotFound);
    expectAnswer(await app.api.patch(path, {}), refusals.organizationNotFound);
  });

  it('returns 404 for a connection the organization does not have', async () => {
    const { connection } = await createEnabled(app.api);
    const other = await createOrganization(app.api);
    const path = `/organizations/${other.id}/enabled_connections/${connection.id}`;
    expectAnswer(await app.api.patch(path, { show_as_button: true }), refusals.organizationConnectionNotFound);
    expectAnswer(await app.api.patch(path, {}), refusals.organizationConnectionNotFound);
  });

  it('returns 404 for a connection that is disabled, and changes nothing', async () => {
    const { path } = await createEnabled(app.api);
    const newer = path.replace('enabled_connections', 'connections');
    const { body: row } = await app.api.patch(newer, { is_enabled: false });
    expectAnswer(
      await app.api.patch(path, { assign_membership_on_login: true }),
      refusals.organizationConnectionNotFound,
    );
    expectAnswer(await app.api.get(newer), { status: 200, body: row });
  });

  it('changes only the fields of the body', async () => {
    const { path, connection } = await createEnabled(app.api, 'okta', { assign_membership_on_login: true });
    const expected = {
      connection_id: connection.id,
      assign_membership_on_login: true,
      show_as_button: false,
      connection: { name: connection.name, strategy: 'okta' },
    };
    expectAnswer(await app.api.patch(path, { show_as_button: false }), { status: 200, body: expected });
    expectAnswer(await app.api.get(path), { status: 200, body: expected });
  });

  it('turns membership and signup on together, and off together', async () => {
    const { path, connection } = await createEnabled(app.api);
    for (const on of [true, false]) {
      const flags = { assign_membership_on_login: on, is_signup_enabled: on };
      const expected = {
        status: 200,
        body: {
          connection_id: connection.id,
          ...flags,
          show_as_button: true,
          connection: { name: connection.name, strategy: 'auth0' },
        },
      };
      expectAnswer(await app.api.patch(path, flags), expected);
      expectAnswer(await app.api.get(path), expected);
    }
  });

  it('changes nothing for an empty body', async () => {
    const { path } = await createEnabled(app.api, 'okta', { show_as_button: false });
    const { body: before } = await app.api.get(path);
    expectAnswer(await app.api.patch(path, {}), { status: 200, body: before });
    expectAnswer(await app.api.get(path), { status: 200, body: before });
  });

  it('leaves the settings that only the connections API shows unchanged', async () => {
    const { path } = await createEnabled(app.api);
    const newer = path.replace('enabled_connections', 'connections');
    const { body } = await app.api.patch<object>(newer, {
      organization_access_level: 'full',
      organization_connection_name: 'Staff',
    });
    await app.api.patch(path, { assign_membership_on_login: true });
    expectAnswer(await app.api.get(newer), { status: 200, body: { ...body, assign_membership_on_login: true } });
  });

  it('accepts a form as well as JSON', async () => {
    const { path, connection } = await createEnabled(app.api, 'okta');
    const body = new URLSearchParams({ show_as_button: 'false', assign_membership_on_login: 'true' });
    expectAnswer(await app.api.request('PATCH', path, { body }), {
      status: 200,
      body: {
        connection_id: connection.id,
        assign_membership_on_login: true,
        show_as_button: false,
        connection: { name: connection.name, strategy: 'okta' },
      },
    });
  });
});

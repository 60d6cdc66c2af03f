import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createEnabled, createOrganization } from '../../support/factories.js';

describe('PATCH /organizations/{id}/enabled_connections/{connectionId}', () => {
  const app = useApp();

  it('returns 401 without a token', async () => {
    const { path } = await createEnabled(app.api);
    expect(await app.api.as(undefined).patch(path, {})).toMatchObject(refusals.noToken);
  });

  it('returns 403 without the scope', async () => {
    const { path } = await createEnabled(app.api);
    const token = await app.issuer.token({ scopes: ['read:organization_connections'] });
    expect(await app.api.as(token).patch(path, {})).toMatchObject(
      refusals.insufficientScope('update:organization_connections'),
    );
  });

  it('returns 400 for a flag of another type', async () => {
    const { path } = await createEnabled(app.api);
    expect(await app.api.patch(path, { show_as_button: 'no' })).toMatchObject(
      refusals.invalidBody("'Expected type boolean but found type string' on property show_as_button"),
    );
  });

  it('returns 404 for an unknown organization', async () => {
    const { connection } = await createEnabled(app.api);
    const path = `/organizations/org_0000000000000000/enabled_connections/${connection.id}`;
    expect(await app.api.patch(path, { show_as_button: true })).toMatchObject(refusals.organizationNotFound);
  });

  it('returns 404 for a connection the organization does not have', async () => {
    const { connection } = await createEnabled(app.api);
    const other = await createOrganization(app.api);
    const path = `/organizations/${other.id}/enabled_connections/${connection.id}`;
    expect(await app.api.patch(path, { show_as_button: true })).toMatchObject(refusals.organizationConnectionNotFound);
  });

  it('changes what is sent and nothing else', async () => {
    const { path, connection } = await createEnabled(app.api, 'okta', { assign_membership_on_login: true });
    const expected = {
      connection_id: connection.id,
      assign_membership_on_login: true,
      show_as_button: false,
      connection: { name: connection.name, strategy: 'okta' },
    };
    expect(await app.api.patch(path, { show_as_button: false })).toMatchObject({ status: 200, body: expected });
    expect((await app.api.get(path)).body).toEqual(expected);
  });
});

import { absent, itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createConnection, createEnabled, createOrganization } from '../../support/factories.js';

describe('GET /organizations/{id}/connections/{connection_id}', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'read:organization_connections': 404 }, (api) =>
    api.get(`/organizations/${absent.organization}/connections/${absent.connection}`),
  );

  it('returns 400 for ids too long to be one', async () => {
    const { id } = await createOrganization(app.api);
    expectAnswer(
      await app.api.get(`/organizations/${'a'.repeat(51)}/connections/${absent.connection}`),
      refusals.invalidPath("'String is too long (51 chars), maximum 50' on property id"),
    );
    expectAnswer(
      await app.api.get(`/organizations/${id}/connections/${'a'.repeat(51)}`),
      refusals.invalidPath("'String is too long (51 chars), maximum 50' on property connection_id"),
    );
  });

  it('returns 404 for an unknown organization', async () => {
    const { connection } = await createEnabled(app.api);
    expectAnswer(
      await app.api.get(`/organizations/${absent.organization}/connections/${connection.id}`),
      refusals.organizationNotFound,
    );
  });

  it('returns 404 for a connection the organization does not have, and for one that does not exist', async () => {
    const [{ id }, connection] = [await createOrganization(app.api), await createConnection(app.api)];
    for (const connectionId of [connection.id, absent.connection, 'acme']) {
      expectAnswer(
        await app.api.get(`/organizations/${id}/connections/${connectionId}`),
        refusals.organizationConnectionNotFound,
      );
    }
  });

  it('returns the row, enabled or not', async () => {
    const { organization, connection } = await createEnabled(app.api, 'okta');
    const path = `/organizations/${organization.id}/connections/${connection.id}`;
    const row = {
      connection_id: connection.id,
      assign_membership_on_login: false,
      show_as_button: true,
      is_enabled: true,
      organization_access_level: 'none',
      connection: { name: connection.name, strategy: 'okta' },
    };
    expectAnswer(await app.api.get(path), { status: 200, body: row });
    await app.api.patch(path, { is_enabled: false });
    expectAnswer(await app.api.get(path), { status: 200, body: { ...row, is_enabled: false } });
  });

  it('shows organization_connection_name only when it is set', async () => {
    const { organization, connection } = await createEnabled(app.api);
    const path = `/organizations/${organization.id}/connections/${connection.id}`;
    expect((await app.api.get(path)).body).not.toHaveProperty('organization_connection_name');
    await app.api.patch(path, { organization_connection_name: 'Staff' });
    expect((await app.api.get(path)).body).toMatchObject({ organization_connection_name: 'Staff' });
  });
});

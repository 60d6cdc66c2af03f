import { absent, itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createConnection, createEnabled, createOrganization } from '../../support/factories.js';

describe('GET /organizations/{id}/enabled_connections/{connectionId}', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'read:organization_connections': 404 }, (api) =>
    api.get(`/organizations/${absent.organization}/enabled_connections/${absent.connection}`),
  );

  it('returns 400 for ids too long to be one', async () => {
    const { id } = await createOrganization(app.api);
    expectAnswer(
      await app.api.get(`/organizations/${'a'.repeat(51)}/enabled_connections/${absent.connection}`),
      refusals.invalidPath("'String is too long (51 chars), maximum 50' on property id"),
    );
    expectAnswer(
      await app.api.get(`/organizations/${id}/enabled_connections/${'a'.repeat(51)}`),
      refusals.invalidPath("'String is too long (51 chars), maximum 50' on property connectionId"),
    );
  });

  it('returns 404 for an unknown organization', async () => {
    const { connection } = await createEnabled(app.api);
    expectAnswer(
      await app.api.get(`/organizations/${absent.organization}/enabled_connections/${connection.id}`),
      refusals.organizationNotFound,
    );
  });

  it('returns 404 for a connection the organization does not have, and for one that does not exist', async () => {
    const [{ id }, connection] = [await createOrganization(app.api), await createConnection(app.api)];
    for (const connectionId of [connection.id, absent.connection, 'acme']) {
      expectAnswer(
        await app.api.get(`/organizations/${id}/enabled_connections/${connectionId}`),
        refusals.organizationConnectionNotFound,
      );
    }
  });

  it('returns 404 for a connection that is disabled', async () => {
    const { path } = await createEnabled(app.api);
    await app.api.patch(path.replace('enabled_connections', 'connections'), { is_enabled: false });
    expectAnswer(await app.api.get(path), refusals.organizationConnectionNotFound);
  });

  it('returns the row', async () => {
    const { path, connection } = await createEnabled(app.api, 'auth0', {
      assign_membership_on_login: true,
      is_signup_enabled: true,
    });
    expectAnswer(await app.api.get(path), {
      status: 200,
      body: {
        connection_id: connection.id,
        assign_membership_on_login: true,
        is_signup_enabled: true,
        show_as_button: true,
        connection: { name: connection.name, strategy: 'auth0' },
      },
    });
  });
});

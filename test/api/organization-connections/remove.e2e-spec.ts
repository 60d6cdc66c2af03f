import { absent, itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createConnection, createEnabled, createOrganization } from '../../support/factories.js';

describe('DELETE /organizations/{id}/connections/{connection_id}', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'delete:organization_connections': 404 }, (api) =>
    api.delete(`/organizations/${absent.organization}/connections/${absent.connection}`),
  );

  it('returns 400 for ids too long to be one', async () => {
    const { id } = await createOrganization(app.api);
    expectAnswer(
      await app.api.delete(`/organizations/${'a'.repeat(51)}/connections/${absent.connection}`),
      refusals.invalidPath("'String is too long (51 chars), maximum 50' on property id"),
    );
    expectAnswer(
      await app.api.delete(`/organizations/${id}/connections/${'a'.repeat(51)}`),
      refusals.invalidPath("'String is too long (51 chars), maximum 50' on property connection_id"),
    );
  });

  it('returns 404 for an unknown organization', async () => {
    const { connection } = await createEnabled(app.api);
    expectAnswer(
      await app.api.delete(`/organizations/${absent.organization}/connections/${connection.id}`),
      refusals.organizationNotFound,
    );
  });

  it('returns 204 for a connection the organization does not have, and for one that does not exist', async () => {
    const [{ id }, connection] = [await createOrganization(app.api), await createConnection(app.api)];
    for (const connectionId of [connection.id, absent.connection]) {
      expectAnswer(await app.api.delete(`/organizations/${id}/connections/${connectionId}`), { status: 204 });
    }
  });

  it('removes that connection from the organization and no other, and again does nothing', async () => {
    const { organization, connection } = await createEnabled(app.api);
    const other = await createConnection(app.api, 'okta');
    const collection = `/organizations/${organization.id}/connections`;
    const { body: row } = await app.api.post(collection, { connection_id: other.id });
    const path = `${collection}/${connection.id}`;
    expectAnswer(await app.api.delete(path), { status: 204 });
    expectAnswer(await app.api.delete(path), { status: 204 });
    expectAnswer(await app.api.get(path), refusals.organizationConnectionNotFound);
    expectAnswer(await app.api.get(collection), { status: 200, body: [row] });
  });

  it('leaves the connection itself', async () => {
    const { organization, connection } = await createEnabled(app.api);
    await app.api.delete(`/organizations/${organization.id}/connections/${connection.id}`);
    expectAnswer(await app.api.get(`/connections/${connection.id}`), { status: 200, body: connection });
  });

  it('removes a row that is disabled', async () => {
    const { organization, connection } = await createEnabled(app.api);
    const path = `/organizations/${organization.id}/connections/${connection.id}`;
    await app.api.patch(path, { is_enabled: false });
    expectAnswer(await app.api.delete(path), { status: 204 });
    expectAnswer(await app.api.get(path), refusals.organizationConnectionNotFound);
  });

  it('can be added again, with the defaults', async () => {
    const { organization, connection } = await createEnabled(app.api, 'okta', { show_as_button: false });
    const collection = `/organizations/${organization.id}/connections`;
    await app.api.delete(`${collection}/${connection.id}`);
    expectAnswer(await app.api.post(collection, { connection_id: connection.id }), {
      status: 201,
      body: {
        connection_id: connection.id,
        assign_membership_on_login: false,
        show_as_button: true,
        is_enabled: true,
        organization_access_level: 'none',
        connection: { name: connection.name, strategy: 'okta' },
      },
    });
  });
});

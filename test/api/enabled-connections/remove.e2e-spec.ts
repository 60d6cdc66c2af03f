import { absent, itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createConnection, createEnabled, createOrganization } from '../../support/factories.js';

describe('DELETE /organizations/{id}/enabled_connections/{connectionId}', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'delete:organization_connections': 404 }, (api) =>
    api.delete(`/organizations/${absent.organization}/enabled_connections/${absent.connection}`),
  );

  it('returns 400 for ids too long to be one', async () => {
    const { id } = await createOrganization(app.api);
    expectAnswer(
      await app.api.delete(`/organizations/${'a'.repeat(51)}/enabled_connections/${absent.connection}`),
      refusals.invalidPath("'String is too long (51 chars), maximum 50' on property id"),
    );
    expectAnswer(
      await app.api.delete(`/organizations/${id}/enabled_connections/${'a'.repeat(51)}`),
      refusals.invalidPath("'String is too long (51 chars), maximum 50' on property connectionId"),
    );
  });

  it('returns 404 for an unknown organization', async () => {
    const { connection } = await createEnabled(app.api);
    expectAnswer(
      await app.api.delete(`/organizations/${absent.organization}/enabled_connections/${connection.id}`),
      refusals.organizationNotFound,
    );
  });

  it('returns 204 for a connection the organization does not have, and for one that does not exist', async () => {
    const [{ id }, connection] = [await createOrganization(app.api), await createConnection(app.api)];
    for (const connectionId of [connection.id, absent.connection]) {
      expectAnswer(await app.api.delete(`/organizations/${id}/enabled_connections/${connectionId}`), { status: 204 });
    }
  });

  it('removes that connection from the organization and no other, and again does nothing', async () => {
    const { organization, connection } = await createEnabled(app.api);
    const other = await createConnection(app.api, 'okta');
    const collection = `/organizations/${organization.id}/enabled_connections`;
    const { body: row } = await app.api.post(collection, { connection_id: other.id });
    const path = `${collection}/${connection.id}`;
    expectAnswer(await app.api.delete(path), { status: 204 });
    expectAnswer(await app.api.delete(path), { status: 204 });
    expectAnswer(await app.api.get(path), refusals.organizationConnectionNotFound);
    expectAnswer(await app.api.get(collection), { status: 200, body: [row] });
  });

  it('leaves the connection itself', async () => {
    const { organization, connection } = await createEnabled(app.api);
    await app.api.delete(`/organizations/${organization.id}/enabled_connections/${connection.id}`);
    expectAnswer(await app.api.get(`/connections/${connection.id}`), { status: 200, body: connection });
  });

  it('leaves a row that is disabled, because it does not exist here', async () => {
    const { path } = await createEnabled(app.api);
    const newer = path.replace('enabled_connections', 'connections');
    const { body: row } = await app.api.patch(newer, { is_enabled: false });
    expectAnswer(await app.api.delete(path), { status: 204 });
    expectAnswer(await app.api.get(newer), { status: 200, body: row });
  });
});

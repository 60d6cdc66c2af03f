import { absent, itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createEnabled, createOrganization } from '../../support/factories.js';

describe('DELETE /organizations/{id}', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'delete:organizations': 404 }, (api) => api.delete(`/organizations/${absent.organization}`));

  it('returns 400 for an id too long to be one', async () => {
    expectAnswer(
      await app.api.delete(`/organizations/${'a'.repeat(51)}`),
      refusals.invalidPath("'String is too long (51 chars), maximum 50' on property id"),
    );
  });

  it('returns 404 for an unknown organization', async () => {
    expectAnswer(await app.api.delete(`/organizations/${absent.organization}`), refusals.organizationNotFound);
  });

  it('removes the organization, and only once', async () => {
    const [organization, other] = [await createOrganization(app.api), await createOrganization(app.api)];
    const path = `/organizations/${organization.id}`;
    expectAnswer(await app.api.delete(path), { status: 204 });
    expectAnswer(await app.api.get(path), refusals.organizationNotFound);
    expectAnswer(await app.api.delete(path), refusals.organizationNotFound);
    expectAnswer(await app.api.get(`/organizations/${other.id}`), { status: 200, body: other });
  });

  it('takes its organization connections along, and leaves the connections', async () => {
    const { organization, connection, path } = await createEnabled(app.api);
    expectAnswer(await app.api.delete(`/organizations/${organization.id}`), { status: 204 });
    expectAnswer(await app.api.get(path), refusals.organizationNotFound);
    expectAnswer(await app.api.get(`/connections/${connection.id}`), { status: 200, body: connection });
    expect(await app.sql('SELECT FROM organization_connections WHERE organization_id = $1', [organization.id])).toEqual(
      [],
    );
  });

  it('frees the name', async () => {
    const { id, name } = await createOrganization(app.api);
    await app.api.delete(`/organizations/${id}`);
    expect((await app.api.post('/organizations', { name })).status).toBe(201);
  });

  it('takes a JSON content type without a body, which some clients always send', async () => {
    const { id } = await createOrganization(app.api);
    const headers = { 'content-type': 'application/json' };
    expectAnswer(await app.api.request('DELETE', `/organizations/${id}`, { headers }), { status: 204 });
  });
});

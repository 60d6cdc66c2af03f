import { absent, itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createConnection, createOrganization } from '../../support/factories.js';

describe('GET /organizations/{id}', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'read:organizations': 404, 'read:organizations_summary': 404 }, (api) =>
    api.get(`/organizations/${absent.organization}`),
  );

  it.each([
    ['an unknown id', absent.organization],
    ['an id of another form', 'acme'],
    ['an id that looks like SQL', encodeURIComponent("' OR '1'='1")],
  ])('returns 404 for %s', async (_, id) => {
    expectAnswer(await app.api.get(`/organizations/${id}`), refusals.organizationNotFound);
  });

  it('returns 404 for the name instead of the id', async () => {
    const { name } = await createOrganization(app.api);
    expectAnswer(await app.api.get(`/organizations/${name}`), refusals.organizationNotFound);
  });

  it('returns what was created', async () => {
    const organization = await createOrganization(app.api, { display_name: 'Acme & Söhne', metadata: { a: 'b' } });
    expectAnswer(await app.api.get(`/organizations/${organization.id}`), { status: 200, body: organization });
  });

  it('shows the id and the names, and nothing else, with read:organizations_summary alone', async () => {
    const { id, name } = await createOrganization(app.api, { display_name: 'Acme', metadata: { a: 'b' } });
    const narrow = app.api.as(await app.issuer.token({ scopes: ['read:organizations_summary'] }));
    expectAnswer(await narrow.get(`/organizations/${id}`), { status: 200, body: { id, name, display_name: 'Acme' } });
    const both = await app.issuer.token({ scopes: ['read:organizations', 'read:organizations_summary'] });
    expect((await app.api.as(both).get(`/organizations/${id}`)).body).toMatchObject({ metadata: { a: 'b' } });
  });

  it('does not show the connections', async () => {
    const connection = await createConnection(app.api);
    const { id, name } = await createOrganization(app.api, { enabled_connections: [{ connection_id: connection.id }] });
    expectAnswer(await app.api.get(`/organizations/${id}`), {
      status: 200,
      body: { id, name, third_party_client_access: 'block', is_app_entitlement_active: false },
    });
  });
});

import { itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createOrganization } from '../../support/factories.js';

describe('GET /organizations/name/{name}', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'read:organizations': 404 }, (api) => api.get('/organizations/name/nobody'));

  it('returns 400 for a name too long to be one', async () => {
    expectAnswer(
      await app.api.get(`/organizations/name/${'a'.repeat(51)}`),
      refusals.invalidPath("'String is too long (51 chars), maximum 50' on property name"),
    );
  });

  it('returns 404 for an unknown name', async () => {
    expectAnswer(await app.api.get('/organizations/name/nobody'), refusals.organizationNotFound);
  });

  it('returns 404 for the id instead of the name', async () => {
    const { id } = await createOrganization(app.api);
    expectAnswer(await app.api.get(`/organizations/name/${id}`), refusals.organizationNotFound);
  });

  it('returns 404 for a name in other letters', async () => {
    const { name } = await createOrganization(app.api);
    expectAnswer(await app.api.get(`/organizations/name/${name.toUpperCase()}`), refusals.organizationNotFound);
  });

  it('returns the organization of that name', async () => {
    const organization = await createOrganization(app.api, { display_name: 'Acme' });
    expectAnswer(await app.api.get(`/organizations/name/${organization.name}`), { status: 200, body: organization });
  });
});

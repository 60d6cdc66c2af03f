import { itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { addDiscoveryDomain, createDiscoveryDomain, createOrganization } from '../../support/factories.js';

interface Page {
  domains: { id: string }[];
  next?: string;
}

describe('GET /organizations/{id}/discovery-domains', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'read:organization_discovery_domains': 404 }, (api) =>
    api.get('/organizations/org_1/discovery-domains'),
  );

  it.each([
    ['take=101', "'Value 101 is greater than maximum 100' on property take"],
    ['page=1', "'Additional properties not allowed: page'"],
    ['from=made-up', "'Object didn't pass validation for format checkpoint' on property from"],
  ])('returns 400 for ?%s', async (query, detail) => {
    const { collection } = await createDiscoveryDomain(app.api);
    expectAnswer(await app.api.get(`${collection}?${query}`), refusals.invalidQuery(detail));
  });

  it('returns 404 for an unknown organization', async () => {
    expectAnswer(
      await app.api.get('/organizations/org_0000000000000000/discovery-domains'),
      refusals.organizationNotFound,
    );
  });

  it('gives the domains in the order they were made, page by page', async () => {
    const { organization, domain, collection } = await createDiscoveryDomain(app.api);
    const domains = [domain];
    for (let made = 1; made < 5; made++) domains.push(await addDiscoveryDomain(app.api, organization.id));
    expect((await app.api.get(collection)).body).toEqual({ domains });
    const first = (await app.api.get<Page>(`${collection}?take=3`)).body;
    expect(first).toEqual({ domains: domains.slice(0, 3), next: expect.any(String) as string });
    expect((await app.api.get(`${collection}?take=3&from=${first.next}`)).body).toEqual({ domains: domains.slice(3) });
  });

  it('shows no domain of another organization', async () => {
    await createDiscoveryDomain(app.api);
    const other = await createOrganization(app.api);
    expect((await app.api.get(`/organizations/${other.id}/discovery-domains`)).body).toEqual({ domains: [] });
  });
});

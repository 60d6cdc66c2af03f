import { itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createDiscoveryDomain } from '../../support/factories.js';

const UNKNOWN = '/organizations/org_0000000000000000/discovery-domains/ord_1';

describe('DELETE /organizations/{id}/discovery-domains/{discovery_domain_id}', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'delete:organization_discovery_domains': 404 }, (api) => api.delete(UNKNOWN));

  it('returns 404 for an unknown organization', async () => {
    expectAnswer(await app.api.delete(UNKNOWN), refusals.organizationNotFound);
  });

  it('removes the domain, and does nothing when it is already gone', async () => {
    const { collection, path } = await createDiscoveryDomain(app.api);
    expectAnswer(await app.api.delete(path), { status: 204 });
    expectAnswer(await app.api.get(path), refusals.discoveryDomainNotFound);
    expectAnswer(await app.api.delete(path), { status: 204 });
    expect((await app.api.get(collection)).body).toEqual({ domains: [] });
  });

  it("leaves another organization's domain", async () => {
    const [mine, theirs] = [await createDiscoveryDomain(app.api), await createDiscoveryDomain(app.api)];
    expectAnswer(await app.api.delete(`${mine.collection}/${theirs.domain.id}`), { status: 204 });
    expect((await app.api.get(theirs.path)).body).toEqual(theirs.domain);
  });
});

import { itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createDiscoveryDomain } from '../../support/factories.js';

const UNKNOWN_ORGANIZATION = '/organizations/org_0000000000000000/discovery-domains';

describe('GET /organizations/{id}/discovery-domains/{discovery_domain_id}', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'read:organization_discovery_domains': 404 }, (api) => api.get(`${UNKNOWN_ORGANIZATION}/ord_1`));

  it('returns 404 for an unknown organization', async () => {
    expectAnswer(await app.api.get(`${UNKNOWN_ORGANIZATION}/ord_1`), refusals.organizationNotFound);
  });

  it("returns 404 for an unknown domain and for another organization's", async () => {
    const [mine, theirs] = [await createDiscoveryDomain(app.api), await createDiscoveryDomain(app.api)];
    for (const id of ['ord_1', theirs.domain.id]) {
      expectAnswer(await app.api.get(`${mine.collection}/${id}`), refusals.discoveryDomainNotFound);
    }
  });

  it('gives the domain', async () => {
    const { domain, path } = await createDiscoveryDomain(app.api);
    const { status, body } = await app.api.get(path);
    expect({ status, body }).toEqual({ status: 200, body: domain });
  });
});

describe('GET /organizations/{id}/discovery-domains/name/{discovery_domain}', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'read:organization_discovery_domains': 404 }, (api) =>
    api.get(`${UNKNOWN_ORGANIZATION}/name/acme.com`),
  );

  it('returns 400 for a name that is too short', async () => {
    expectAnswer(
      await app.api.get(`${UNKNOWN_ORGANIZATION}/name/ab`),
      refusals.invalidPath("'String is too short (2 chars), minimum 3' on property discovery_domain"),
    );
  });

  it('returns 404 for an unknown organization', async () => {
    expectAnswer(await app.api.get(`${UNKNOWN_ORGANIZATION}/name/acme.com`), refusals.organizationNotFound);
  });

  it("returns 404 for an unknown domain and for another organization's", async () => {
    const [mine, theirs] = [await createDiscoveryDomain(app.api), await createDiscoveryDomain(app.api)];
    for (const name of ['unknown.com', theirs.domain.domain]) {
      expectAnswer(await app.api.get(`${mine.collection}/name/${name}`), refusals.discoveryDomainNotFound);
    }
  });

  it('gives the domain, whatever the case of the name', async () => {
    const { domain, collection } = await createDiscoveryDomain(app.api);
    for (const name of [domain.domain, domain.domain.toUpperCase()]) {
      expect((await app.api.get(`${collection}/name/${name}`)).body).toEqual(domain);
    }
  });
});

import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createDiscoveryDomain } from '../../support/factories.js';

const UNKNOWN = '/organizations/org_0000000000000000/discovery-domains/ord_1';

describe('DELETE /organizations/{id}/discovery-domains/{discovery_domain_id}', () => {
  const app = useApp();

  it('returns 401 without a token', async () => {
    expect(await app.api.as(undefined).delete(UNKNOWN)).toMatchObject(refusals.noToken);
  });

  it('returns 403 without the scope', async () => {
    const token = await app.issuer.token({ scopes: ['read:organization_discovery_domains'] });
    expect(await app.api.as(token).delete(UNKNOWN)).toMatchObject(
      refusals.insufficientScope('delete:organization_discovery_domains'),
    );
  });

  it('returns 404 for an unknown organization', async () => {
    expect(await app.api.delete(UNKNOWN)).toMatchObject(refusals.organizationNotFound);
  });

  it('removes the domain, and does nothing when it is already gone', async () => {
    const { collection, path } = await createDiscoveryDomain(app.api);
    expect(await app.api.delete(path)).toMatchObject({ status: 204, body: undefined });
    expect(await app.api.get(path)).toMatchObject(refusals.discoveryDomainNotFound);
    expect(await app.api.delete(path)).toMatchObject({ status: 204, body: undefined });
    expect((await app.api.get(collection)).body).toEqual({ domains: [] });
  });

  it("leaves another organization's domain", async () => {
    const [mine, theirs] = [await createDiscoveryDomain(app.api), await createDiscoveryDomain(app.api)];
    expect(await app.api.delete(`${mine.collection}/${theirs.domain.id}`)).toMatchObject({ status: 204 });
    expect((await app.api.get(theirs.path)).body).toEqual(theirs.domain);
  });
});

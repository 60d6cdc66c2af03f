import { itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createDiscoveryDomain } from '../../support/factories.js';

const UNKNOWN = '/organizations/org_0000000000000000/discovery-domains/ord_1';

describe('PATCH /organizations/{id}/discovery-domains/{discovery_domain_id}', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'update:organization_discovery_domains': 404 }, (api) => api.patch(UNKNOWN, {}));

  it.each([
    [{ status: 'failed' }, "'No enum match for: failed' on property status"],
    [
      { use_for_organization_discovery: null },
      "'Expected type boolean but found type null' on property use_for_organization_discovery",
    ],
    [{ domain: 'acme.com' }, "'Additional properties not allowed: domain'"],
  ])('returns 400 for %j', async (body, detail) => {
    expectAnswer(await app.api.patch(UNKNOWN, body), refusals.invalidBody(detail));
  });

  it('returns 404 for an unknown organization', async () => {
    expectAnswer(await app.api.patch(UNKNOWN, {}), refusals.organizationNotFound);
  });

  it("returns 404 for an unknown domain and for another organization's, which stays as it is", async () => {
    const [mine, theirs] = [await createDiscoveryDomain(app.api), await createDiscoveryDomain(app.api)];
    for (const id of ['ord_1', theirs.domain.id]) {
      expectAnswer(
        await app.api.patch(`${mine.collection}/${id}`, { status: 'verified' }),
        refusals.discoveryDomainNotFound,
      );
    }
    expect((await app.api.get(theirs.path)).body).toEqual(theirs.domain);
  });

  it('changes only the fields of the body', async () => {
    const { domain, path } = await createDiscoveryDomain(app.api);
    expect((await app.api.patch(path, {})).body).toEqual(domain);
    const verified = { ...domain, status: 'verified' };
    expect(await app.api.patch(path, { status: 'verified' })).toMatchObject({ status: 200, body: verified });
    const unused = { ...verified, use_for_organization_discovery: false };
    expect((await app.api.patch(path, { use_for_organization_discovery: false })).body).toEqual(unused);
    expect((await app.api.get(path)).body).toEqual(unused);
  });
});

import { itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createDiscoveryDomain } from '../../support/factories.js';

const UNKNOWN = '/organizations/org_0000000000000000/discovery-domains/ord_1/verify';

describe('POST /organizations/{id}/discovery-domains/{discovery_domain_id}/verify', () => {
  const published = new Map<string, string[][]>();
  const app = useApp({ lookUpTxt: (name) => Promise.resolve(published.get(name) ?? []) });

  itIsGuardedBy(app, { 'update:organization_discovery_domains': 404 }, (api) => api.post(UNKNOWN, {}));

  it('returns 404 for an unknown organization', async () => {
    expectAnswer(await app.api.post(UNKNOWN, {}), refusals.organizationNotFound);
  });

  it("returns 404 for an unknown domain and for another organization's", async () => {
    const [mine, theirs] = [await createDiscoveryDomain(app.api), await createDiscoveryDomain(app.api)];
    published.set(theirs.domain.verification_host, [[theirs.domain.verification_txt]]);
    for (const id of ['ord_1', theirs.domain.id]) {
      expectAnswer(await app.api.post(`${mine.collection}/${id}/verify`, {}), refusals.discoveryDomainNotFound);
    }
    expect((await app.api.get(theirs.path)).body).toEqual(theirs.domain);
  });

  it('answers with the pending row while no record or another text is published', async () => {
    const { domain, path } = await createDiscoveryDomain(app.api);
    expect(await app.api.post(`${path}/verify`, {})).toMatchObject({ status: 200, body: domain });
    published.set(domain.verification_host, [['f'.repeat(32)], ['v=spf1 -all']]);
    expect((await app.api.post(`${path}/verify`, {})).body).toEqual(domain);
  });

  it('answers with the verified row when one of the records is the text, also in pieces', async () => {
    const { domain, path } = await createDiscoveryDomain(app.api);
    const txt = domain.verification_txt;
    published.set(domain.verification_host, [['v=spf1 -all'], [txt.slice(0, 10), txt.slice(10)]]);
    const verified = { ...domain, status: 'verified' };
    expect((await app.api.post(`${path}/verify`, {})).body).toEqual(verified);
    expect((await app.api.get(path)).body).toEqual(verified);
  });

  it('keeps a domain verified when the record is gone', async () => {
    const { domain, path } = await createDiscoveryDomain(app.api, { status: 'verified' });
    expect((await app.api.post(`${path}/verify`, {})).body).toEqual(domain);
  });
});

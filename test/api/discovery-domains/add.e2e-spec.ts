import { itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createDiscoveryDomain, createOrganization, uniqueName } from '../../support/factories.js';

describe('POST /organizations/{id}/discovery-domains', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'create:organization_discovery_domains': 400 }, (api) =>
    api.post('/organizations/org_1/discovery-domains', {}),
  );

  it.each([
    [{}, "'Missing required property: domain'"],
    [{ domain: 'ab' }, "'String is too short (2 chars), minimum 3' on property domain"],
    [{ domain: 'x'.repeat(256) }, "'String is too long (256 chars), maximum 255' on property domain"],
    [{ domain: 'acme.com', status: 'failed' }, "'No enum match for: failed' on property status"],
    [{ domain: 'acme.com', id: 'ord_1' }, "'Additional properties not allowed: id'"],
  ])('returns 400 for %.60j', async (body, detail) => {
    expectAnswer(await app.api.post('/organizations/org_1/discovery-domains', body), refusals.invalidBody(detail));
  });

  it.each([
    '192.0.2.1',
    'acme .com',
    '-acme.com',
    'acme-.com',
    'acme..com',
    '.acme.com',
    'acme.com.',
    'ac_me.com',
    'https://acme.com',
    'ácme.com',
    `${'x'.repeat(64)}.com`,
  ])('returns 400 for %s, which is no host name', async (domain) => {
    expectAnswer(
      await app.api.post('/organizations/org_1/discovery-domains', { domain }),
      refusals.invalidBody(`'Object didn't pass validation for format hostname: ${domain}' on property domain`),
    );
  });

  it('returns 404 for an unknown organization', async () => {
    expectAnswer(
      await app.api.post('/organizations/org_0000000000000000/discovery-domains', { domain: 'acme.com' }),
      refusals.organizationNotFound,
    );
  });

  it('returns 409 for a domain the organization has, whatever its case', async () => {
    const { domain, collection } = await createDiscoveryDomain(app.api);
    expectAnswer(
      await app.api.post(collection, { domain: domain.domain.toUpperCase() }),
      refusals.discoveryDomainExists,
    );
  });

  it('creates a pending domain with the text that its owner must publish', async () => {
    const organization = await createOrganization(app.api);
    const path = `/organizations/${organization.id}/discovery-domains`;
    const { status, body } = await app.api.post<{ id: string; verification_txt: string }>(path, {
      domain: 'Mail.ACME.com',
    });
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.stringMatching(/^ord_[0-9A-Za-z]{22}$/) as string,
      domain: 'mail.acme.com',
      status: 'pending',
      verification_host: `_ss-verification.${organization.id}.mail.acme.com`,
      verification_txt: expect.stringMatching(/^[0-9a-f]{32}$/) as string,
      use_for_organization_discovery: true,
    });
    expect((await app.api.get(`${path}/${body.id}`)).body).toEqual(body);
  });

  it('makes it as told', async () => {
    const told = { status: 'verified', use_for_organization_discovery: false };
    expect((await createDiscoveryDomain(app.api, told)).domain).toMatchObject(told);
  });

  it('lets several organizations have the same domain, each with a proof of its own', async () => {
    const domain = `${uniqueName('shared')}.com`;
    const [one, other] = [
      await createDiscoveryDomain(app.api, { domain }),
      await createDiscoveryDomain(app.api, { domain }),
    ];
    expect(one.domain.verification_txt).not.toBe(other.domain.verification_txt);
  });

  it('returns 400 for the 101st, however many arrive at once', async () => {
    const { organization, collection } = await createDiscoveryDomain(app.api);
    await app.sql(
      `INSERT INTO organization_discovery_domains (organization_id, id, domain, verification_txt)
       SELECT $1, 'ord_' || lpad(n::text, 22, '0'), 'd' || n || '.com', md5(n::text) FROM generate_series(1, 95) n`,
      [organization.id],
    );
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, at) => app.api.post(collection, { domain: `late${at}.com` })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 201, 400, 400, 400, 400]);
    expectAnswer(await app.api.post(collection, { domain: 'one-more.com' }), refusals.discoveryDomainLimitReached);
    expectAnswer(await app.api.post(collection, { domain: 'd1.com' }), refusals.discoveryDomainExists);
  });
});

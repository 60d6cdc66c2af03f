import { absent, itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createOrganization, uniqueName } from '../../support/factories.js';

const QUOTA = { client_credentials: { enforce: false, per_hour: 5 } };

describe('PATCH /organizations/{id}', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'update:organizations': 404 }, (api) => api.patch(`/organizations/${absent.organization}`, {}));

  it.each<[string, object, string]>([
    ['a null name', { name: null }, "'Expected type string but found type null' on property name"],
    [
      'a name of another form',
      { name: 'A b' },
      "'Object didn't pass validation for format organization-name: A b' on property name",
    ],
    [
      'an empty display name',
      { display_name: '' },
      "'String is too short (0 chars), minimum 1' on property display_name",
    ],
    [
      'an http logo',
      { branding: { logo_url: 'http://a' } },
      "'Object didn't pass validation for format strict-https-uri-or-null: http://a' on property branding.logo_url",
    ],
    [
      'an unknown access of third parties',
      { third_party_client_access: 'none' },
      "'No enum match for: none' on property third_party_client_access",
    ],
    [
      'a quota of nothing',
      { token_quota: { client_credentials: {} } },
      "'Too few properties defined (0), minimum 1' on property token_quota.client_credentials",
    ],
    ['connections', { enabled_connections: [] }, "'Additional properties not allowed: enabled_connections'"],
    ['an id', { id: absent.organization }, "'Additional properties not allowed: id'"],
  ])('returns 400 for %s and changes nothing', async (_, body, detail) => {
    const organization = await createOrganization(app.api);
    const path = `/organizations/${organization.id}`;
    expectAnswer(await app.api.patch(path, { display_name: 'Changed', ...body }), refusals.invalidBody(detail));
    expectAnswer(await app.api.get(path), { status: 200, body: organization });
  });

  it('returns 404 for an unknown organization', async () => {
    expectAnswer(
      await app.api.patch(`/organizations/${absent.organization}`, { display_name: 'Acme' }),
      refusals.organizationNotFound,
    );
  });

  it('returns 409 when another has the name and changes nothing', async () => {
    const [one, other] = await Promise.all([createOrganization(app.api), createOrganization(app.api)]);
    const path = `/organizations/${one.id}`;
    expectAnswer(
      await app.api.patch(path, { display_name: 'Changed', name: other.name }),
      refusals.organizationNameTaken,
    );
    expectAnswer(await app.api.get(path), { status: 200, body: one });
  });

  it.each<[string, object]>([
    ['name', { name: uniqueName('renamed') }],
    ['display_name', { display_name: 'Acme & Söhne 😀' }],
    ['branding', { branding: { colors: { primary: '#ABCDEF12', page_background: '#fff' } } }],
    ['metadata', { metadata: { other: 'value' } }],
    ['token_quota', { token_quota: QUOTA }],
    ['third_party_client_access', { third_party_client_access: 'allow' }],
    ['is_app_entitlement_active', { is_app_entitlement_active: true }],
  ])('changes %s and nothing else', async (_, change) => {
    const organization = await createOrganization(app.api, {
      display_name: 'Before',
      branding: { logo_url: 'https://example.com/a.png' },
      metadata: { a: 'b' },
      token_quota: { client_credentials: { per_day: 1 } },
    });
    const path = `/organizations/${organization.id}`;
    const expected = { status: 200, body: { ...organization, ...change } };
    expectAnswer(await app.api.patch(path, change), expected);
    expectAnswer(await app.api.get(path), expected);
  });

  it('takes the quota away with null', async () => {
    const organization = await createOrganization(app.api);
    const path = `/organizations/${organization.id}`;
    await app.api.patch(path, { token_quota: QUOTA });
    expectAnswer(await app.api.patch(path, { token_quota: null }), { status: 200, body: organization });
    expectAnswer(await app.api.get(path), { status: 200, body: organization });
  });

  it('leaves metadata out that is null', async () => {
    const organization = await createOrganization(app.api, { metadata: { a: 'b', c: 'd' } });
    const path = `/organizations/${organization.id}`;
    const expected = { status: 200, body: { ...organization, metadata: { c: 'd' } } };
    expectAnswer(await app.api.patch(path, { metadata: { a: null, c: 'd' } }), expected);
    expectAnswer(await app.api.get(path), expected);
  });

  it('changes nothing for an empty body', async () => {
    const organization = await createOrganization(app.api, { display_name: 'Acme' });
    expectAnswer(await app.api.patch(`/organizations/${organization.id}`, {}), { status: 200, body: organization });
  });

  it('takes the name the organization has already', async () => {
    const organization = await createOrganization(app.api);
    expectAnswer(await app.api.patch(`/organizations/${organization.id}`, { name: organization.name }), {
      status: 200,
      body: organization,
    });
  });

  it('accepts a form as well as JSON', async () => {
    const organization = await createOrganization(app.api);
    const body = new URLSearchParams({
      display_name: '12',
      is_app_entitlement_active: 'true',
      'token_quota[client_credentials][per_hour]': '5',
    });
    expectAnswer(await app.api.request('PATCH', `/organizations/${organization.id}`, { body }), {
      status: 200,
      body: {
        ...organization,
        display_name: '12',
        is_app_entitlement_active: true,
        token_quota: { client_credentials: { per_hour: 5 } },
      },
    });
  });
});

import { absent, itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import {
  addDiscoveryDomain,
  createConnection,
  createOrganization,
  createUser,
  uniqueName,
  type CreatedConnection,
  type CreatedOrganization,
} from '../../support/factories.js';

describe('POST /login/discover', () => {
  const app = useApp();

  const ask = (body: object) => app.api.post('/login/discover', body);
  const uniqueDomain = () => `${uniqueName('domain')}.example.com`;
  const enable = async ({ id }: CreatedOrganization, connection: CreatedConnection, flags: object = {}) =>
    expect(
      (await app.api.post(`/organizations/${id}/connections`, { connection_id: connection.id, ...flags })).status,
    ).toBe(201);
  const named = ({ id, name }: CreatedOrganization) => ({ id, name });
  const shown = ({ id, name, strategy }: CreatedConnection, kind: string) => ({
    id,
    name,
    strategy,
    kind,
    is_button: kind === 'enterprise',
  });
  const prompt = (organization: CreatedOrganization | null) => ({
    status: 200,
    body: { organization: organization && named(organization), connection: null, next: 'prompt' },
  });
  const goTo = (organization: CreatedOrganization, connection: CreatedConnection, kind: string) => ({
    status: 200,
    body: { organization: named(organization), connection: shown(connection, kind), next: 'connection' },
  });

  /** An organization to which a verified domain points. */
  async function createWithDomain(domain = uniqueDomain()) {
    const organization = await createOrganization(app.api);
    const { id } = await addDiscoveryDomain(app.api, organization.id, { domain, status: 'verified' });
    const path = `/organizations/${organization.id}/discovery-domains/${id}`;
    return { organization, domain, email: `ada@${domain}`, path };
  }

  itIsGuardedBy(app, { 'evaluate:logins': 400 }, (api) => api.post('/login/discover', {}));

  it.each([
    [{}, "'Missing required property: email'"],
    [{ email: 'ada' }, "'Object didn't pass validation for format email: ada' on property email"],
    [{ email: ['a@b.de'] }, "'Expected type string but found type array' on property email"],
    [{ email: 'a@b.de', organization: '' }, "'String is too short (0 chars), minimum 1' on property organization"],
    [{ email: 'a@b.de', connection: 'a' }, "'Additional properties not allowed: connection'"],
  ])('returns 400 for %j', async (body, detail) => {
    expectAnswer(await ask(body), refusals.invalidBody(detail));
  });

  it('returns 404 for an organization that nobody knows', async () => {
    for (const organization of [absent.organization, uniqueName('org')]) {
      expectAnswer(await ask({ email: 'ada@example.com', organization }), refusals.organizationNotFound);
    }
  });

  it('leads to the prompt when no organization has the domain, and tells nothing of whom it knows', async () => {
    const known = await createUser(app.api);
    const expected = prompt(null);
    for (const email of [known.email, `${uniqueName('nobody')}@example.com`, `ada@${uniqueDomain()}`]) {
      expectAnswer(await ask({ email }), expected);
    }
  });

  it('answers about somebody known and somebody unknown of one domain in the same bytes', async () => {
    const { organization, domain } = await createWithDomain();
    await enable(organization, await createConnection(app.api));
    const known = await createUser(app.api, { email: `known@${domain}` });
    await app.api.post(`/organizations/${organization.id}/members`, { members: [known.user_id] });
    const [one, other] = await Promise.all(
      [known.email, `unknown@${domain}`].map(async (email) => {
        const response = await fetch(`${app.api.origin}/login/discover`, {
          method: 'POST',
          headers: { authorization: `Bearer ${app.api.token}`, 'content-type': 'application/json' },
          body: JSON.stringify({ email }),
        });
        return response.text();
      }),
    );
    expect(one).toBe(other);
  });

  it('finds the organization of a verified domain, in any case, and no longer when it is not for this', async () => {
    const { organization, email, path } = await createWithDomain();
    expectAnswer(await ask({ email }), prompt(organization));
    expectAnswer(await ask({ email: email.toUpperCase() }), prompt(organization));
    expectAnswer(await ask({ email: email.replace('@', '@sub.') }), prompt(null));
    await app.api.patch(path, { use_for_organization_discovery: false });
    expectAnswer(await ask({ email }), prompt(null));
    await app.api.patch(path, { use_for_organization_discovery: true, status: 'pending' });
    expectAnswer(await ask({ email }), prompt(null));
  });

  it('leaves the choice when several organizations have the domain, by name', async () => {
    const first = await createWithDomain();
    const second = await createWithDomain(first.domain);
    const organizations = [first.organization, second.organization].map(named);
    organizations.sort((a, b) => (a.name < b.name ? -1 : 1));
    expectAnswer(await ask({ email: first.email }), {
      status: 200,
      body: { organization: null, organizations, connection: null, next: 'choose_organization' },
    });
    expectAnswer(
      await ask({ email: first.email, organization: second.organization.name }),
      prompt(second.organization),
    );
  });

  it.each<[name: string, options: (domain: string) => object]>([
    ['domain_aliases', (domain) => ({ domain_aliases: [uniqueDomain(), domain.toUpperCase()] })],
    ['domain', (domain) => ({ domain })],
  ])('leads to the enterprise connection that has the domain as %s, hidden or not', async (_, options) => {
    const { organization, domain, email } = await createWithDomain();
    const connection = await createConnection(app.api, 'okta', { options: options(domain) });
    await enable(organization, await createConnection(app.api));
    await enable(organization, await createConnection(app.api, 'samlp', { options: { domain: uniqueDomain() } }));
    await enable(organization, connection, { show_as_button: false });
    expectAnswer(await ask({ email }), goTo(organization, connection, 'enterprise'));
    expectAnswer(await ask({ email, organization: organization.id }), goTo(organization, connection, 'enterprise'));
  });

  it('leads to no enterprise connection that is disabled, or another’s, or not for the application', async () => {
    const { organization, domain, email } = await createWithDomain();
    const fields = { options: { domain_aliases: [domain] }, enabled_clients: ['portal'] };
    const connection = await createConnection(app.api, 'okta', fields);
    await enable(await createOrganization(app.api), connection);
    expectAnswer(await ask({ email }), prompt(organization));
    await enable(organization, connection);
    expectAnswer(await ask({ email, client_id: 'portal' }), goTo(organization, connection, 'enterprise'));
    expectAnswer(await ask({ email, client_id: 'shop' }), prompt(organization));
    await app.api.patch(`/organizations/${organization.id}/connections/${connection.id}`, { is_enabled: false });
    expectAnswer(await ask({ email }), prompt(organization));
  });

  it('leads to the only database connection otherwise, and to the prompt when there are two', async () => {
    const { organization, email } = await createWithDomain();
    const connection = await createConnection(app.api);
    await enable(organization, await createConnection(app.api, 'okta'));
    await enable(organization, connection);
    expectAnswer(await ask({ email }), goTo(organization, connection, 'database'));
    await enable(organization, await createConnection(app.api));
    expectAnswer(await ask({ email }), prompt(organization));
  });

  it.each([{ domain_aliases: 'a' }, { domain_aliases: [1, null, {}] }, { domain: { a: 1 } }, { text: '\0 \ud800' }])(
    'passes over options that say nothing of domains: %j',
    async (options) => {
      const { organization, email } = await createWithDomain();
      await enable(organization, await createConnection(app.api, 'okta', { options }));
      expectAnswer(await ask({ email }), prompt(organization));
    },
  );
});

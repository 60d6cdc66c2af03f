import { absent, itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import {
  createConnection,
  createOrganization,
  uniqueName,
  type CreatedConnection,
  type CreatedOrganization,
} from '../../support/factories.js';

const NOTHING_VISIBLE = 'no connections enabled for the organization are visible';

describe('GET /login/organizations/{id}', () => {
  const app = useApp();

  const enable = async ({ id }: CreatedOrganization, connection: CreatedConnection, flags: object = {}) => {
    const answer = await app.api.post(`/organizations/${id}/connections`, { connection_id: connection.id, ...flags });
    expect(answer.status).toBe(201);
  };
  const ask = (organization: string, clientId?: string) =>
    app.api.get(`/login/organizations/${organization}${clientId === undefined ? '' : `?client_id=${clientId}`}`);
  const named = ({ id, name }: CreatedOrganization) => ({ id, name });
  const shown = ({ id, name, strategy }: CreatedConnection, kind: string) => ({
    id,
    name,
    strategy,
    kind,
    is_button: kind === 'enterprise' || kind === 'social',
  });

  itIsGuardedBy(app, { 'evaluate:logins': 404 }, (api) => api.get(`/login/organizations/${absent.organization}`));

  it('returns 400 for an id that is too long, a client id that is none and another parameter', async () => {
    const tooLong = 'o'.repeat(51);
    expectAnswer(
      await ask(tooLong),
      refusals.invalidPath("'String is too long (51 chars), maximum 50' on property id"),
    );
    expectAnswer(
      await ask('acme', 'a%20b'),
      refusals.invalidQuery("'Object didn't pass validation for format client-id: a b' on property client_id"),
    );
    expectAnswer(
      await app.api.get('/login/organizations/acme?client=a'),
      refusals.invalidQuery("'Additional properties not allowed: client'"),
    );
  });

  it('returns 404 for an organization that nobody knows, by id and by name', async () => {
    for (const unknown of [absent.organization, uniqueName('org')]) {
      expectAnswer(await ask(unknown), refusals.organizationNotFound);
    }
  });

  it('shows how an organization is called and looks, the same by id and by name', async () => {
    const branding = {
      logo_url: 'https://acme.example/logo.png',
      colors: { primary: '#000', page_background: '#fff' },
    };
    const organization = await createOrganization(app.api, { display_name: 'Acme', branding, metadata: { a: 'b' } });
    const body = {
      organization: { ...named(organization), display_name: 'Acme', branding },
      connections: [],
      signup: null,
    };
    expectAnswer(await ask(organization.id), { status: 200, body });
    expectAnswer(await ask(organization.name), { status: 200, body });
  });

  it('takes what is an id for the id, also when another organization is called so', async () => {
    const organization = await createOrganization(app.api);
    const id = `org_${organization.name.slice(-12).padStart(16, '0')}`;
    await app.sql('UPDATE organizations SET id = $1 WHERE id = $2', [id, organization.id]);
    await createOrganization(app.api, { name: id });
    expect(await ask(id)).toMatchObject({ body: { organization: { id, name: organization.name } } });
  });

  it('shows enterprise, social, database and passwordless connections in this order, by name within a kind', async () => {
    const organization = await createOrganization(app.api);
    const [form, code, second, first, social] = [
      await createConnection(app.api, 'auth0'),
      await createConnection(app.api, 'email'),
      await createConnection(app.api, 'okta', { name: uniqueName('b') }),
      await createConnection(app.api, 'samlp', { name: uniqueName('a'), display_name: 'Staff' }),
      await createConnection(app.api, 'github'),
    ];
    for (const connection of [form, code, second, first, social]) await enable(organization, connection);
    expectAnswer(await ask(organization.id), {
      status: 200,
      body: {
        organization: named(organization),
        connections: [
          { ...shown(first, 'enterprise'), display_name: 'Staff' },
          shown(second, 'enterprise'),
          shown(social, 'social'),
          shown(form, 'database'),
          shown(code, 'passwordless'),
        ],
        signup: null,
      },
    });
  });

  it('shows neither a connection that is not enabled nor one without a button, and says why when none is left', async () => {
    const organization = await createOrganization(app.api);
    const [hidden, disabled] = [await createConnection(app.api, 'okta'), await createConnection(app.api)];
    await enable(organization, disabled, { is_enabled: false });
    const body = { organization: named(organization), connections: [], signup: null };
    expectAnswer(await ask(organization.id), { status: 200, body });
    await enable(organization, hidden, { show_as_button: false });
    expectAnswer(await ask(organization.id), { status: 200, body: { ...body, reason: NOTHING_VISIBLE } });
    const path = `/organizations/${organization.id}/enabled_connections/${hidden.id}`;
    await app.api.patch(path, { show_as_button: true });
    expectAnswer(await ask(organization.id), {
      status: 200,
      body: { ...body, connections: [shown(hidden, 'enterprise')] },
    });
  });

  it('shows for an application only the connections that it may use', async () => {
    const organization = await createOrganization(app.api);
    const connections = [
      await createConnection(app.api, 'okta', { enabled_clients: ['portal', 'shop'] }),
      await createConnection(app.api, 'auth0', { enabled_clients: ['shop'] }),
    ] as const;
    const flags = { assign_membership_on_login: true };
    await enable(organization, connections[0], flags);
    await enable(organization, connections[1], { ...flags, is_signup_enabled: true });
    const [enterprise, database] = [shown(connections[0], 'enterprise'), shown(connections[1], 'database')];
    const signup = { connection_id: database.id };
    const expected = (fields: object) => ({ status: 200, body: { organization: named(organization), ...fields } });
    expectAnswer(await ask(organization.id), expected({ connections: [enterprise, database], signup }));
    expectAnswer(await ask(organization.id, 'shop'), expected({ connections: [enterprise, database], signup }));
    expectAnswer(await ask(organization.id, 'portal'), expected({ connections: [enterprise], signup: null }));
    expectAnswer(
      await ask(organization.id, 'other'),
      expected({ connections: [], signup: null, reason: NOTHING_VISIBLE }),
    );
  });

  it('names the connection that accepts signup, whatever its own options say, and no longer when it does not', async () => {
    const organization = await createOrganization(app.api);
    const connection = await createConnection(app.api, 'auth0', { options: { disable_signup: true } });
    await enable(organization, connection, { assign_membership_on_login: true, is_signup_enabled: true });
    expect(await ask(organization.id)).toMatchObject({ body: { signup: { connection_id: connection.id } } });
    await app.api.patch(`/organizations/${organization.id}/enabled_connections/${connection.id}`, {
      is_signup_enabled: false,
    });
    expect(await ask(organization.id)).toMatchObject({ body: { signup: null } });
  });

  it('shows nothing of another organization', async () => {
    const [own, other] = [await createOrganization(app.api), await createOrganization(app.api)];
    await enable(other, await createConnection(app.api, 'okta'));
    expectAnswer(await ask(own.id), {
      status: 200,
      body: { organization: named(own), connections: [], signup: null },
    });
  });
});

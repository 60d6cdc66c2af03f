import { absent, itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createConnection, createOrganization, uniqueName, type CreatedOrganization } from '../../support/factories.js';

const newId = expect.stringMatching(/^org_[A-Za-z0-9]{16}$/) as string;
const DEFAULTS = { third_party_client_access: 'block', is_app_entitlement_active: false };
const COLORS = { primary: '#0059d6', page_background: '#000' };
const texts = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`key${at}`, 'value']));

describe('POST /organizations', () => {
  const app = useApp();
  const create = (body: unknown) => app.api.post<CreatedOrganization>('/organizations', body);
  const getByName = (name: string) => app.api.get(`/organizations/name/${name}`);

  itIsGuardedBy(app, { 'create:organizations': 201 }, (api) => api.post('/organizations', { name: uniqueName('org') }));

  it.each([[[{ connection_id: absent.connection }]], [[]], [null]])(
    'returns 403 for enabled_connections %j without create:organization_connections, and creates nothing',
    async (enabled_connections) => {
      const name = uniqueName('org');
      const narrow = app.api.as(await app.issuer.token({ scopes: ['create:organizations'] }));
      expectAnswer(
        await narrow.post('/organizations', { name, enabled_connections }),
        refusals.insufficientScope('create:organization_connections'),
      );
      expectAnswer(await getByName(name), refusals.organizationNotFound);
    },
  );

  it('returns 403 with create:organization_connections alone', async () => {
    const narrow = app.api.as(await app.issuer.token({ scopes: ['create:organization_connections'] }));
    expectAnswer(
      await narrow.post('/organizations', { name: uniqueName('org') }),
      refusals.insufficientScope('create:organizations'),
    );
  });

  it('creates an organization with its connections for a token that has both scopes', async () => {
    const { id } = await createConnection(app.api);
    const scopes = ['create:organizations', 'create:organization_connections'];
    const both = app.api.as(await app.issuer.token({ scopes }));
    const body = { name: uniqueName('org'), enabled_connections: [{ connection_id: id }] };
    expect((await both.post('/organizations', body)).status).toBe(201);
  });

  it.each<[string, object, string]>([
    ['no name', {}, "'Missing required property: name'"],
    ['a name that is no text', { name: 7 }, "'Expected type string but found type integer' on property name"],
    ['an empty name', { name: '' }, "'String is too short (0 chars), minimum 1' on property name"],
    ['a name too long', { name: 'a'.repeat(51) }, "'String is too long (51 chars), maximum 50' on property name"],
    ...['A b', 'Acme', '-acme', 'a.b', 'ä', 'a\n'].map((name): [string, object, string] => [
      `the name ${JSON.stringify(name)}`,
      { name },
      `'Object didn't pass validation for format organization-name: ${name}' on property name`,
    ]),
    ['a list', [], "'Expected type object but found type array'"],
    ['an unknown property', { name: 'a', id: 'org_1' }, "'Additional properties not allowed: id'"],
  ])('returns 400 for %s', async (_, body, detail) => {
    expectAnswer(await create(body), refusals.invalidBody(detail));
  });

  it.each<[string, object, string]>([
    [
      'an empty display name',
      { display_name: '' },
      "'String is too short (0 chars), minimum 1' on property display_name",
    ],
    [
      'a display name too long',
      { display_name: '😀'.repeat(256) },
      "'String is too long (256 chars), maximum 255' on property display_name",
    ],
    [
      'a null display name',
      { display_name: null },
      "'Expected type string but found type null' on property display_name",
    ],
    [
      'branding that is no object',
      { branding: [] },
      "'Expected type object but found type array' on property branding",
    ],
    [
      'an http logo',
      { branding: { logo_url: 'http://example.com/a.png' } },
      "'Object didn't pass validation for format strict-https-uri-or-null: http://example.com/a.png' on property branding.logo_url",
    ],
    [
      'a logo that is no address',
      { branding: { logo_url: 'a.png' } },
      "'Object didn't pass validation for format strict-https-uri-or-null: a.png' on property branding.logo_url",
    ],
    [
      'a color without the other',
      { branding: { colors: { primary: '#fff' } } },
      "'Missing required property: page_background' on property branding.colors",
    ],
    [
      'a color by name',
      { branding: { colors: { ...COLORS, primary: 'red' } } },
      "'Object didn't pass validation for format html-color: red' on property branding.colors.primary",
    ],
    [
      'an unknown color',
      { branding: { colors: { ...COLORS, border: '#fff' } } },
      "'Additional properties not allowed: border' on property branding.colors",
    ],
    [
      'too much metadata',
      { metadata: texts(26) },
      "'Too many properties defined (26), maximum 25' on property metadata",
    ],
    [
      'metadata too long',
      { metadata: { a: 'a'.repeat(256) } },
      "'String is too long (256 chars), maximum 255' on property metadata",
    ],
    [
      'metadata that is no text',
      { metadata: { a: 1 } },
      "'Expected type string but found type integer' on property metadata",
    ],
    [
      'a quota without a client',
      { token_quota: {} },
      "'Missing required property: client_credentials' on property token_quota",
    ],
    [
      'a quota of nothing',
      { token_quota: { client_credentials: {} } },
      "'Too few properties defined (0), minimum 1' on property token_quota.client_credentials",
    ],
    [
      'a quota of 0',
      { token_quota: { client_credentials: { per_day: 0 } } },
      "'Value 0 is less than minimum 1' on property token_quota.client_credentials.per_day",
    ],
    ['a null quota', { token_quota: null }, "'Expected type object but found type null' on property token_quota"],
    [
      'an unknown access of third parties',
      { third_party_client_access: 'maybe' },
      "'No enum match for: maybe' on property third_party_client_access",
    ],
    [
      'an entitlement that is no flag',
      { is_app_entitlement_active: 1 },
      "'Expected type boolean but found type integer' on property is_app_entitlement_active",
    ],
    [
      'connections that are no list',
      { enabled_connections: {} },
      "'Expected type array but found type object' on property enabled_connections",
    ],
    [
      'a connection that is no object',
      { enabled_connections: [absent.connection] },
      "'Expected type object but found type string' on property enabled_connections",
    ],
    [
      'a connection without an id',
      { enabled_connections: [{}] },
      "'Missing required property: connection_id' on property enabled_connections.0",
    ],
    [
      'a connection with an id of another form',
      { enabled_connections: [{ connection_id: 'con_1' }] },
      "'Object didn't pass validation for format connection-id: con_1' on property enabled_connections.0.connection_id",
    ],
    [
      'a flag of the connections API',
      { enabled_connections: [{ connection_id: absent.connection, is_enabled: true }] },
      "'Additional properties not allowed: is_enabled' on property enabled_connections.0",
    ],
    [
      'the same connection twice',
      { enabled_connections: [{ connection_id: absent.connection }, { connection_id: absent.connection }] },
      "'Array items are not unique (indexes 0 and 1)' on property enabled_connections",
    ],
    [
      'eleven connections',
      {
        enabled_connections: Array.from({ length: 11 }, (_, at) => ({
          connection_id: `con_${String(at).padStart(16, '0')}`,
        })),
      },
      "'Array is too long (11), maximum 10' on property enabled_connections",
    ],
  ])('returns 400 for %s', async (_, fields, detail) => {
    const name = uniqueName('org');
    expectAnswer(await create({ name, ...fields }), refusals.invalidBody(detail));
    expectAnswer(await getByName(name), refusals.organizationNotFound);
  });

  it.each([
    ['a NUL character', 'a\0b'],
    ['half a character', 'a\ud83d'],
  ])('returns 400 for %s in a text, also in metadata and its names', async (_, text) => {
    const detail = "'Object didn't pass validation for format unicode' on property";
    const name = uniqueName('org');
    expectAnswer(await create({ name: text }), refusals.invalidBody(`${detail} name`));
    expectAnswer(await create({ name, display_name: text }), refusals.invalidBody(`${detail} display_name`));
    expectAnswer(await create({ name, metadata: { a: text } }), refusals.invalidBody(`${detail} metadata`));
    expectAnswer(await create({ name, metadata: { [text]: 'a' } }), refusals.invalidBody(`${detail} metadata`));
  });

  it('returns 400 for an unknown connection and makes nothing', async () => {
    const [name, { id }] = [uniqueName('org'), await createConnection(app.api)];
    const enabled_connections = [{ connection_id: id }, { connection_id: absent.connection }];
    expectAnswer(await create({ name, enabled_connections }), refusals.connectionInBodyUnknown);
    expectAnswer(await getByName(name), refusals.organizationNotFound);
  });

  it('returns 400 for flags that a connection cannot have and makes nothing', async () => {
    const name = uniqueName('org');
    const [database, enterprise] = await Promise.all([createConnection(app.api), createConnection(app.api, 'okta')]);
    const withSecond = (connection_id: string, flags: object) => ({
      name,
      enabled_connections: [
        { connection_id: connection_id === database.id ? enterprise.id : database.id },
        { connection_id, ...flags },
      ],
    });
    expectAnswer(await create(withSecond(database.id, { is_signup_enabled: true })), refusals.signupNotSupported);
    expectAnswer(
      await create(withSecond(enterprise.id, { is_signup_enabled: true, assign_membership_on_login: true })),
      refusals.signupNotSupported,
    );
    expectAnswer(await create(withSecond(database.id, { show_as_button: false })), refusals.hiddenButtonNotSupported);
    expectAnswer(await getByName(name), refusals.organizationNotFound);
  });

  it('returns 409 when the name is taken and leaves the organization of that name alone', async () => {
    const organization = await createOrganization(app.api);
    const { name } = organization;
    expectAnswer(await create({ name, display_name: 'Another' }), refusals.organizationNameTaken);
    expectAnswer(await getByName(name), { status: 200, body: organization });
  });

  it('returns 409 when the name is taken, and adds no connection to anybody', async () => {
    const { name } = await createOrganization(app.api);
    const { id } = await createConnection(app.api);
    expectAnswer(await create({ name, enabled_connections: [{ connection_id: id }] }), refusals.organizationNameTaken);
    expect(await app.sql('SELECT FROM organization_connections WHERE connection_id = $1', [id])).toEqual([]);
  });

  it('makes an organization of a name alone, with the defaults', async () => {
    const name = uniqueName('org');
    const answer = await create({ name });
    expectAnswer(answer, { status: 201, body: { id: newId, name, ...DEFAULTS } });
    expectAnswer(await app.api.get(`/organizations/${answer.body.id}`), { status: 200, body: answer.body });
  });

  it('stores and returns every field', async () => {
    const fields = {
      name: uniqueName('org'),
      display_name: '😀'.repeat(255),
      branding: { logo_url: 'https://example.com/a.png', colors: COLORS },
      metadata: texts(25),
      token_quota: { client_credentials: { enforce: true, per_day: 2_147_483_647, per_hour: 1 } },
      third_party_client_access: 'allow',
      is_app_entitlement_active: true,
    };
    const answer = await create(fields);
    expectAnswer(answer, { status: 201, body: { id: newId, ...fields } });
    expectAnswer(await app.api.get(`/organizations/${answer.body.id}`), { status: 200, body: answer.body });
  });

  it('takes a name of 50 characters and a null logo', async () => {
    const name = uniqueName('0_-a').padEnd(50, 'z');
    expectAnswer(await create({ name, branding: { logo_url: null } }), {
      status: 201,
      body: { id: newId, name, branding: { logo_url: null }, ...DEFAULTS },
    });
  });

  it('leaves metadata out that is null', async () => {
    const name = uniqueName('org');
    expectAnswer(await create({ name, metadata: { a: 'b', c: null } }), {
      status: 201,
      body: { id: newId, name, metadata: { a: 'b' }, ...DEFAULTS },
    });
  });

  it('accepts a form as well as JSON', async () => {
    const name = uniqueName('org');
    const body = new URLSearchParams({ name, is_app_entitlement_active: 'true', 'branding[colors][primary]': '#fff' });
    body.append('branding[colors][page_background]', '#000000');
    expectAnswer(await app.api.request('POST', '/organizations', { body }), {
      status: 201,
      body: {
        id: newId,
        name,
        branding: { colors: { primary: '#fff', page_background: '#000000' } },
        third_party_client_access: 'block',
        is_app_entitlement_active: true,
      },
    });
  });

  it('takes quotas and connections from a form', async () => {
    const [name, { id }] = [uniqueName('org'), await createConnection(app.api, 'okta')];
    const body = new URLSearchParams({
      name,
      'token_quota[client_credentials][enforce]': 'true',
      'token_quota[client_credentials][per_day]': '7',
      'enabled_connections[0][connection_id]': id,
      'enabled_connections[0][show_as_button]': 'false',
    });
    const { status, body: organization } = await app.api.request('POST', '/organizations', { body });
    expect(status).toBe(201);
    expect(organization).toMatchObject({
      token_quota: { client_credentials: { enforce: true, per_day: 7 } },
      enabled_connections: [{ connection_id: id, show_as_button: false }],
    });
  });

  it('enables connections with it, shows them once and in the order sent', async () => {
    const [enterprise, database] = [await createConnection(app.api, 'okta'), await createConnection(app.api)];
    const name = uniqueName('org');
    const answer = await create({
      name,
      enabled_connections: [
        { connection_id: enterprise.id, show_as_button: false },
        { connection_id: database.id, assign_membership_on_login: true, is_signup_enabled: true },
      ],
    });
    const organization = { id: newId, name, ...DEFAULTS };
    const rows = [
      {
        connection_id: enterprise.id,
        assign_membership_on_login: false,
        show_as_button: false,
        connection: { name: enterprise.name, strategy: 'okta' },
      },
      {
        connection_id: database.id,
        assign_membership_on_login: true,
        is_signup_enabled: true,
        show_as_button: true,
        connection: { name: database.name, strategy: 'auth0' },
      },
    ];
    expectAnswer(answer, { status: 201, body: { ...organization, enabled_connections: rows } });

    const path = `/organizations/${answer.body.id}`;
    expectAnswer(await app.api.get(path), { status: 200, body: organization });
    const listed = await app.api.get<unknown[]>(`${path}/enabled_connections`);
    expect(listed.body).toHaveLength(2);
    expect(listed.body).toEqual(expect.arrayContaining(rows));
  });

  it('takes ten connections at once', async () => {
    const connections = await Promise.all(Array.from({ length: 10 }, () => createConnection(app.api)));
    const enabled_connections = connections.map(({ id }) => ({ connection_id: id }));
    const { status, body } = await create({ name: uniqueName('org'), enabled_connections });
    expect(status).toBe(201);
    const listed = await app.api.get<object[]>(`/organizations/${body.id}/enabled_connections`);
    expect(listed.body).toHaveLength(10);
  });
});

describe('POST /organizations with MAX_CONNECTIONS_PER_ORGANIZATION', () => {
  const app = useApp({ env: { MAX_CONNECTIONS_PER_ORGANIZATION: '1' } });

  it('returns 400 for more connections than an organization can have and makes nothing', async () => {
    const [name, one, two] = [uniqueName('org'), await createConnection(app.api), await createConnection(app.api)];
    const enabled_connections = [{ connection_id: one.id }, { connection_id: two.id }];
    expectAnswer(
      await app.api.post('/organizations', { name, enabled_connections }),
      refusals.connectionLimitReached(1),
    );
    expectAnswer(await app.api.get(`/organizations/name/${name}`), refusals.organizationNotFound);
  });
});

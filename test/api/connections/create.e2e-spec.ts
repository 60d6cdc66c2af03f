import { itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createConnection, uniqueName, type CreatedConnection } from '../../support/factories.js';

const newId = expect.stringMatching(/^con_[A-Za-z0-9]{16}$/) as string;
const texts = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, at) => [`key${at}`, 'value']));

/** What a connection is that was made with a name and a strategy alone. */
const defaults = (name: string, strategy: string) => ({
  id: newId,
  name,
  strategy,
  options: {},
  realms: [name],
  enabled_clients: [],
  is_domain_connection: false,
  authentication: { active: true },
  connected_accounts: { active: false },
});

describe('POST /connections', () => {
  const app = useApp();
  const create = (body: unknown) => app.api.post<CreatedConnection>('/connections', body);

  itIsGuardedBy(app, { 'create:connections': 201 }, (api) =>
    api.post('/connections', { name: uniqueName('con'), strategy: 'auth0' }),
  );

  it.each<[string, object, string]>([
    ['no name', { strategy: 'auth0' }, "'Missing required property: name'"],
    ['no strategy', { name: 'a' }, "'Missing required property: strategy'"],
    ['an unknown strategy', { name: 'a', strategy: 'xyz' }, "'No enum match for: xyz' on property strategy"],
    [
      'a strategy that nobody can create any more',
      { name: 'a', strategy: 'auth0-adldap' },
      "'No enum match for: auth0-adldap' on property strategy",
    ],
    [
      'the name of a property every object has as strategy',
      { name: 'a', strategy: 'constructor' },
      "'No enum match for: constructor' on property strategy",
    ],
    [
      'a name too long',
      { name: 'a'.repeat(129), strategy: 'auth0' },
      "'String is too long (129 chars), maximum 128' on property name",
    ],
    ...['', 'a b', 'a_b', '-a', 'a-', 'a--b', 'ä'].map((name): [string, object, string] => [
      `the name ${JSON.stringify(name)}`,
      { name, strategy: 'auth0' },
      `'String does not match pattern ^[a-zA-Z0-9](-[a-zA-Z0-9]|[a-zA-Z0-9])*$: ${name}' on property name`,
    ]),
    ['a list', [], "'Expected type object but found type array'"],
  ])('returns 400 for %s', async (_, body, detail) => {
    expectAnswer(await create(body), refusals.invalidBody(detail));
  });

  it.each<[string, object, string]>([
    [
      'a display name too long',
      { display_name: 'a'.repeat(129) },
      "'String is too long (129 chars), maximum 128' on property display_name",
    ],
    [
      'a NUL character in the display name',
      { display_name: 'a\0b' },
      "'Object didn't pass validation for format unicode' on property display_name",
    ],
    [
      'half a character in the display name',
      { display_name: 'a\udc00' },
      "'Object didn't pass validation for format unicode' on property display_name",
    ],
    ['options that are no object', { options: [] }, "'Expected type object but found type array' on property options"],
    ['null options', { options: null }, "'Expected type object but found type null' on property options"],
    ['realms that are no list', { realms: 'a' }, "'Expected type array but found type string' on property realms"],
    ['a realm that is no text', { realms: [1] }, "'Expected type string but found type integer' on property realms"],
    [
      'a client id of another form',
      { enabled_clients: ['a b'] },
      "'Object didn't pass validation for format client-id: a b' on property enabled_clients",
    ],
    [
      'a flag of another type',
      { is_domain_connection: 'no' },
      "'Expected type boolean but found type string' on property is_domain_connection",
    ],
    [
      'a button of another type',
      { show_as_button: null },
      "'Expected type boolean but found type null' on property show_as_button",
    ],
    [
      'too much metadata',
      { metadata: texts(11) },
      "'Too many properties defined (11), maximum 10' on property metadata",
    ],
    [
      'metadata too long',
      { metadata: { a: 'a'.repeat(256) } },
      "'String is too long (256 chars), maximum 255' on property metadata",
    ],
    [
      'authentication without its flag',
      { authentication: {} },
      "'Missing required property: active' on property authentication",
    ],
    [
      'connected accounts with an unknown flag',
      { connected_accounts: { active: true, passive: true } },
      "'Additional properties not allowed: passive' on property connected_accounts",
    ],
    [
      'an app that asks, of another type',
      { cross_app_access_requesting_app: true },
      "'Expected type object but found type boolean' on property cross_app_access_requesting_app",
    ],
    ['an unknown property', { strategy_kind: 'database' }, "'Additional properties not allowed: strategy_kind'"],
  ])('returns 400 for %s and makes nothing', async (_, fields, detail) => {
    const name = uniqueName('con');
    expectAnswer(await create({ name, strategy: 'auth0', ...fields }), refusals.invalidBody(detail));
    expectAnswer(await app.api.get(`/connections?name=${name}`), { status: 200, body: [] });
  });

  it('returns 400 for options above 256 KB, and accepts exactly 256 KB', async () => {
    const room = 256 * 1024 - '{"a":""}'.length;
    const body = (length: number) => ({
      name: uniqueName('con'),
      strategy: 'samlp',
      options: { a: 'ü'.repeat(length / 2) },
    });
    expectAnswer(
      await create(body(room + 2)),
      refusals.invalidBody("'Object is too large (262146 bytes), maximum 262144' on property options"),
    );
    expect((await create(body(room))).status).toBe(201);
  });

  it('returns 409 when the name is taken, and does not change the connection with that name', async () => {
    const connection = await createConnection(app.api, 'okta', { options: { a: 1 } });
    expectAnswer(await create({ name: connection.name, strategy: 'auth0' }), refusals.connectionNameTaken);
    expectAnswer(await app.api.get(`/connections/${connection.id}`), { status: 200, body: connection });
  });

  it.each([
    ['database', 'auth0'],
    ['passwordless', 'email'],
    ['passwordless', 'sms'],
    ['social', 'github'],
    ['social', 'google-oauth2'],
  ])('makes a %s connection (%s) of name and strategy alone, with the defaults', async (_, strategy) => {
    const name = uniqueName('con');
    const answer = await create({ name, strategy });
    expectAnswer(answer, { status: 201, body: defaults(name, strategy) });
    expectAnswer(await app.api.get(`/connections/${answer.body.id}`), { status: 200, body: answer.body });
  });

  it.each(['okta', 'samlp', 'custom', 'ip', 'office365'])(
    'makes an enterprise connection (%s) that shows no button unless told to',
    async (strategy) => {
      const name = uniqueName('con');
      expectAnswer(await create({ name, strategy }), {
        status: 201,
        body: { ...defaults(name, strategy), show_as_button: false },
      });
    },
  );

  it('shows an oidc connection under its name unless it has another', async () => {
    const [name, other] = [uniqueName('con'), uniqueName('con')];
    expectAnswer(await create({ name, strategy: 'oidc' }), {
      status: 201,
      body: { ...defaults(name, 'oidc'), display_name: name, show_as_button: false },
    });
    expectAnswer(await create({ name: other, strategy: 'oidc', display_name: 'Acme' }), {
      status: 201,
      body: { ...defaults(other, 'oidc'), display_name: 'Acme', show_as_button: false },
    });
  });

  it.each(['ad', 'adfs', 'google-apps', 'pingfederate', 'waad'])(
    'gives a connection that is set up on the side of the provider (%s) a ticket of its own',
    async (strategy) => {
      const name = uniqueName('con');
      const answer = await create({ name, strategy });
      expectAnswer(answer, {
        status: 201,
        body: {
          ...defaults(name, strategy),
          ...(strategy === 'waad' ? { display_name: name } : {}),
          show_as_button: false,
          provisioning_ticket_url: expect.stringMatching(
            new RegExp(`^https://localhost:3443/p/${strategy}/[\\w-]{8}$`),
          ) as string,
        },
      });
      expectAnswer(await app.api.get(`/connections/${answer.body.id}`), { status: 200, body: answer.body });
    },
  );

  it('stores and returns every field', async () => {
    const fields = {
      name: `a-${'b'.repeat(126)}`,
      strategy: 'samlp',
      display_name: '😀'.repeat(128),
      options: { signInEndpoint: 'https://example.com' },
      realms: ['one', 'two'],
      enabled_clients: ['client1', 'client2'],
      is_domain_connection: true,
      show_as_button: true,
      metadata: texts(10),
      authentication: { active: false },
      connected_accounts: { active: true, cross_app_access: true },
      cross_app_access_requesting_app: { active: true },
    };
    const answer = await create(fields);
    expectAnswer(answer, { status: 201, body: { id: newId, ...fields } });
    expectAnswer(await app.api.get(`/connections/${answer.body.id}`), { status: 200, body: answer.body });
  });

  it('returns the clients in the order of the alphabet, whatever the order they were sent in', async () => {
    const { body } = await create({ name: uniqueName('con'), strategy: 'auth0', enabled_clients: ['b', 'C', 'a'] });
    expect(body).toMatchObject({ enabled_clients: ['C', 'a', 'b'] });
  });

  it('accepts empty realms and clients', async () => {
    const name = uniqueName('con');
    expectAnswer(await create({ name, strategy: 'auth0', realms: [], enabled_clients: [] }), {
      status: 201,
      body: { ...defaults(name, 'auth0'), realms: [] },
    });
  });

  it.each([
    ['the order of the keys', '{"z":1,"a":{"y":2,"b":3},"m":[{"d":1,"c":2}]}'],
    ['every character', '{"ключ":"значение","emoji":"😀","e\u0301":"é","quote":"\\"\\\\","line":"\\n\\t"}'],
    ['NUL characters and half characters', '{"nul":"a\\u0000b","half":"\\ud83d","\\u0000":1}'],
    ['null, empty and falsy values', '{"null":null,"empty":{},"list":[],"text":"","zero":0,"no":false}'],
    ['numbers', '{"big":9007199254740991,"small":1e-7,"negative":-1.5}'],
    ['names that mean something to JavaScript', '{"constructor":1,"toString":"a","prototype":{}}'],
    [
      'such names inside',
      '{"a":{"constructor":{"prototype":{"b":1}},"then":"c","valueOf":[{"constructor":null,"hasOwnProperty":0}]}}',
    ],
    [
      'texts that look like something else',
      '{"date":"2026-01-01T00:00:00.000Z","yes":"true","one":"1","long":"12345678901234567890"}',
    ],
  ])('keeps of the options %s', async (_, options) => {
    const headers = { authorization: `Bearer ${app.api.token}`, 'content-type': 'application/json' };
    for (const besides of ['', ',"authentication":{"active":true}']) {
      const body = `{"name":"${uniqueName('con')}","strategy":"oidc","options":${options}${besides}}`;
      const answer = await fetch(`${app.api.origin}/api/v2/connections`, { method: 'POST', headers, body });
      const text = await answer.text();
      expect(text).toContain(`"options":${options},`);

      const { id } = JSON.parse(text) as CreatedConnection;
      const read = await fetch(`${app.api.origin}/api/v2/connections/${id}`, { headers });
      expect(await read.text()).toBe(text);
    }
  });

  it('keeps of the metadata names that mean something to JavaScript', async () => {
    const metadata = '{"constructor":"a","toString":"b","then":"c","hasOwnProperty":"d"}';
    const headers = { authorization: `Bearer ${app.api.token}`, 'content-type': 'application/json' };
    const body = `{"name":"${uniqueName('con')}","strategy":"oidc","metadata":${metadata}}`;
    const answer = await fetch(`${app.api.origin}/api/v2/connections`, { method: 'POST', headers, body });
    const text = await answer.text();
    const { id, metadata: kept } = JSON.parse(text) as CreatedConnection & { metadata: object };
    expect(Object.entries(kept).sort()).toEqual(Object.entries(JSON.parse(metadata) as object).sort());
    const read = await fetch(`${app.api.origin}/api/v2/connections/${id}`, { headers });
    expect(await read.text()).toBe(text);
  });

  it('keeps the options of a form as its texts, whatever their names', async () => {
    const name = uniqueName('con');
    const body = new URLSearchParams({
      name,
      strategy: 'oidc',
      'options[constructor]': 'true',
      'options[a][toString]': '1',
      'options[then][]': 'x',
    });
    const { status, body: connection } = await app.api.request('POST', '/connections', { body });
    expect(status).toBe(201);
    expect((connection as { options: unknown }).options).toEqual({
      constructor: 'true',
      a: { toString: '1' },
      then: ['x'],
    });
  });

  it('accepts a form as well as JSON', async () => {
    const name = uniqueName('con');
    const body = new URLSearchParams({ name, strategy: 'auth0', is_domain_connection: 'true', realms: 'one' });
    expectAnswer(await app.api.request('POST', '/connections', { body }), {
      status: 201,
      body: { ...defaults(name, 'auth0'), realms: ['one'], is_domain_connection: true },
    });
  });
});

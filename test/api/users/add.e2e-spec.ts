import { itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createConnection, createUser, DEFAULT_CONNECTION, uniqueName } from '../../support/factories.js';
import { gravatarOf } from '../../support/gravatar.js';

const newBody = (fields: object = {}) => ({
  connection: DEFAULT_CONNECTION,
  email: `${uniqueName('user')}@example.com`,
  ...fields,
});

describe('POST /users', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'create:users': 201 }, (api) => api.post('/users', newBody()));

  it.each([
    [{ connection: undefined }, "'Missing required property: connection'"],
    [
      { email: 'jörg@example.com' },
      "'Object didn't pass validation for format email: jörg@example.com' on property email",
    ],
    [{ email: 'nobody' }, "'Object didn't pass validation for format email: nobody' on property email"],
    [{ given_name: '' }, "'String is too short (0 chars), minimum 1' on property given_name"],
    [{ family_name: 'x'.repeat(151) }, "'String is too long (151 chars), maximum 150' on property family_name"],
    [{ name: 'x'.repeat(301) }, "'String is too long (301 chars), maximum 300' on property name"],
    [{ username: 'x'.repeat(129) }, "'String is too long (129 chars), maximum 128' on property username"],
    [{ user_id: 'x'.repeat(256) }, "'String is too long (256 chars), maximum 255' on property user_id"],
    [{ picture: 'me.jpg' }, "'Object didn't pass validation for format strict-uri: me.jpg' on property picture"],
    [{ blocked: 'yes' }, "'Expected type boolean but found type string' on property blocked"],
    [{ user_metadata: [] }, "'Expected type object but found type array' on property user_metadata"],
    [{ favourite: 1 }, "'Additional properties not allowed: favourite'"],
  ])('returns 400 for %j', async (fields, detail) => {
    expectAnswer(await app.api.post('/users', newBody(fields)), refusals.invalidBody(detail));
  });

  it('returns 400 for a connection that does not exist', async () => {
    expectAnswer(await app.api.post('/users', newBody({ connection: 'nowhere' })), refusals.connectionInBodyUnknown);
  });

  it('returns 409 for an address, username or id that the connection already has', async () => {
    const taken = { email: 'ada@example.com', username: 'ada', user_id: 'ada-1' };
    await createUser(app.api, taken);
    for (const field of [{ email: 'ADA@example.com' }, { username: 'ada' }, { user_id: 'ada-1' }]) {
      expectAnswer(await app.api.post('/users', newBody(field)), refusals.userExists);
    }
  });

  it('lets another connection have the same address', async () => {
    const { email } = await createUser(app.api);
    const other = await createConnection(app.api, 'okta');
    expect(await app.api.post('/users', newBody({ email, connection: other.name }))).toMatchObject({ status: 201 });
  });

  it('creates one user for concurrent requests with the same address', async () => {
    const body = newBody();
    const statuses = (await Promise.all(Array.from({ length: 8 }, () => app.api.post('/users', body)))).map(
      ({ status }) => status,
    );
    expect(statuses.sort()).toEqual([201, ...Array<number>(7).fill(409)]);
  });

  it('makes a user with everything that was sent, but for the password', async () => {
    const sent = {
      email: 'chuck@example.com',
      email_verified: true,
      username: 'chuck',
      given_name: 'Chuck',
      family_name: 'Sanchez',
      nickname: 'Chucky',
      picture: 'https://example.com/chuck.jpg',
      phone_number: '+12025550123',
      phone_verified: true,
      blocked: false,
      user_metadata: { attack: 'roundhouse kick', nothing: '\u0000' },
      app_metadata: { facts: ['one', 'two'] },
    };
    const before = Date.now();
    const { status, body } = await app.api.post<{ user_id: string; created_at: string }>('/users', {
      connection: DEFAULT_CONNECTION,
      ...sent,
      password: 'Passwords hide their chuck',
      verify_email: false,
    });
    expect(status).toBe(201);
    expect(body.user_id).toMatch(/^auth0\|[0-9a-f]{24}$/);
    expect(Date.parse(body.created_at)).toBeGreaterThanOrEqual(before - 1);
    expect(body).toEqual({
      ...sent,
      name: 'chuck@example.com',
      user_id: body.user_id,
      identities: [
        {
          connection: DEFAULT_CONNECTION,
          user_id: body.user_id.replace('auth0|', ''),
          provider: 'auth0',
          isSocial: false,
        },
      ],
      created_at: body.created_at,
      updated_at: body.created_at,
    });
    expect((await app.api.get(`/users/${body.user_id}`)).body).toEqual(body);
    const [row] = await app.sql<{ text: string }>('SELECT users::text AS text FROM users WHERE user_id = $1', [
      body.user_id,
    ]);
    expect(row?.text).not.toContain('Passwords hide');
  });

  it('shows the Gravatar of the address when no picture was sent, and keeps it nowhere', async () => {
    const email = `Ada.${uniqueName('user')}@Example.com`;
    const { body } = await app.api.post<{ user_id: string; picture: string }>('/users', newBody({ email }));
    expect(body.picture).toBe(gravatarOf(email));
    expect((await app.api.get(`/users/${body.user_id}`)).body).toEqual(body);
    expect(await app.sql('SELECT picture FROM users WHERE user_id = $1', [body.user_id])).toEqual([{ picture: null }]);
  });

  it("takes the provider from the connection's strategy", async () => {
    const connection = await createConnection(app.api, 'google-oauth2');
    const body = newBody({ connection: connection.name, user_id: '1234567890' });
    expect((await app.api.post('/users', body)).body).toMatchObject({
      user_id: 'google-oauth2|1234567890',
      identities: [{ connection: connection.name, user_id: '1234567890', provider: 'google-oauth2', isSocial: true }],
    });
  });

  it('names a user after the address, or the phone number or username when there is none', async () => {
    const sms = await createConnection(app.api, 'sms');
    const phone = await app.api.post('/users', { connection: sms.name, phone_number: '+4915112345678' });
    expect(phone.body).toMatchObject({ name: '+4915112345678', phone_verified: false });
    expect(phone.body).not.toHaveProperty('email');
    expect(phone.body).not.toHaveProperty('picture');
    const username = uniqueName('user');
    const named = await app.api.post('/users', { connection: DEFAULT_CONNECTION, username });
    expect(named.body).toMatchObject({ name: username, nickname: username });
  });
});

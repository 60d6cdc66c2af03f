import { createPublicKey, type JsonWebKey } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { decodeJwt, decodeProtectedHeader, exportSPKI, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import { SCOPES } from '../../src/auth/scopes.js';
import { Encryption } from '../../src/encryption/encryption.js';
import { SigningKeysRepository } from '../../src/auth/signing-keys.repository.js';
import { expectAnswer } from '../support/answers.js';
import { startApp, testConfig, useApp, type TestApp } from '../support/app.js';
import { eventually, later } from '../support/clock.js';
import { createClient } from '../support/clients.js';
import { createDatabase } from '../support/databases.js';
import { withPrisma } from '../support/prisma.js';
import { refusals } from '../support/errors.js';
import { ExternalIssuer } from '../support/external-issuer.js';

const OK = { status: 200, body: [] };
const now = () => Math.floor(Date.now() / 1000);
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

describe('a bearer token', () => {
  const app = useApp();

  /** What the holder of the token gets. */
  const listAs = (token: string | undefined) => app.api.as(token).get('/organizations');
  const listWith = (authorization: string) =>
    app.api.as(undefined).request('GET', '/organizations', { headers: { authorization } });
  const tokenOf = (claims: JWTPayload) => app.issuer.token({ claims });

  it('returns 401 without an authorization header', async () => {
    expectAnswer(await listAs(undefined), refusals.noToken);
  });

  it.each(['', 'Bearer', 'Bearer ', 'Basic YTpi', 'Bearer one two', 'Token abc', 'Bearerabc', 'BEARER: abc'])(
    'returns 400 for the authorization header "%s"',
    async (header) => {
      expectAnswer(await listWith(header), refusals.badAuthorizationHeader);
    },
  );

  it.each([
    ['a word', 'abc'],
    ['three words', 'a.b.c'],
    ['nothing between dots', '..'],
    ['five parts, as an encrypted token has', 'a.b.c.d.e'],
    ['a header that is no JSON', `${Buffer.from('{').toString('base64url')}.e30.c2ln`],
    ['a header that is a list', `${encode([])}.e30.c2ln`],
  ])('returns 401 for %s', async (_, token) => {
    expectAnswer(await listAs(token), refusals.invalidToken);
  });

  it('returns 401 for alg none, with and without a signature', async () => {
    const [, payload, signature] = app.api.token!.split('.');
    for (const alg of ['none', 'None', 'NONE']) {
      expectAnswer(await listAs(`${encode({ alg })}.${payload}.`), refusals.invalidToken);
      expectAnswer(await listAs(`${encode({ alg })}.${payload}.${signature}`), refusals.invalidToken);
    }
  });

  it('returns 401 for an HMAC signed with the public key', async () => {
    const { kid, ...jwk } = app.issuer.publicJwk;
    const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
    const secrets = [key.export({ format: 'pem', type: 'spki' }), key.export({ format: 'der', type: 'spki' })];
    for (const alg of ['HS256', 'HS384', 'HS512']) {
      for (const secret of secrets) {
        const token = new SignJWT(decodeJwt(app.api.token!)).setProtectedHeader({ alg, kid });
        expectAnswer(await listAs(await token.sign(Buffer.from(secret))), refusals.invalidToken);
      }
    }
  });

  it('returns 401 for a token signed with another key, whatever key it names', async () => {
    const { privateKey } = await generateKeyPair('RS256');
    for (const kid of [app.issuer.publicJwk.kid, 'another', undefined]) {
      const token = new SignJWT(decodeJwt(app.api.token!)).setProtectedHeader({ alg: 'RS256', kid });
      expectAnswer(await listAs(await token.sign(privateKey)), refusals.invalidSignature);
    }
  });

  it('returns 401 for a token with an embedded key', async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
    const jwk = createPublicKey(await exportSPKI(publicKey)).export({ format: 'jwk' });
    const token = new SignJWT(decodeJwt(app.api.token!)).setProtectedHeader({ alg: 'RS256', jwk: jwk });
    expectAnswer(await listAs(await token.sign(privateKey)), refusals.invalidSignature);
  });

  it('returns 401 for a token whose claims were changed after it was signed', async () => {
    const [header, , signature] = (await tokenOf({ scope: '' })).split('.');
    const forged = encode({ ...decodeJwt(app.api.token!), scope: SCOPES.join(' ') });
    expectAnswer(await listAs(`${header}.${forged}.${signature}`), refusals.invalidSignature);
  });

  it('returns 401 for a token with an unknown critical header', async () => {
    const [header, ...rest] = app.api.token!.split('.');
    const critical = { ...(JSON.parse(Buffer.from(header!, 'base64url').toString()) as object), crit: ['x'], x: 1 };
    expectAnswer(await listAs([encode(critical), ...rest].join('.')), refusals.invalidToken);
  });

  it.each([
    ['another issuer', 'https://example.com/'],
    ['the issuer without its slash', 'https://localhost:3443'],
    ['no issuer', undefined],
    ['a list of issuers', ['https://localhost:3443/']],
  ])('returns 401 for a token of %s', async (_, iss) => {
    expectAnswer(await listAs(await tokenOf({ iss: iss as string })), refusals.unexpectedIssuer);
  });

  it.each([
    ['another audience', 'https://example.com/api/v2/'],
    ['the audience without its slash', 'https://localhost:3443/api/v2'],
    ['other audiences', ['https://example.com/', 'https://localhost:3443/']],
    ['no audience', undefined],
  ])('returns 401 for a token for %s', async (_, aud) => {
    expectAnswer(await listAs(await tokenOf({ aud })), refusals.invalidAudience);
  });

  it('returns 401 for an expired token', async () => {
    expectAnswer(await listAs(await tokenOf({ exp: now() - 3600 })), refusals.expiredToken);
    expectAnswer(await listAs(await tokenOf({ exp: 0 })), refusals.expiredToken);
  });

  it('accepts a token up to 5 s after its expiry', async () => {
    expectAnswer(await listAs(await tokenOf({ exp: now() - 2 })), OK);
    expectAnswer(await listAs(await tokenOf({ exp: now() - 6 })), refusals.expiredToken);
  });

  it('accepts a token from 5 s before its start', async () => {
    expectAnswer(await listAs(await tokenOf({ nbf: now() + 4 })), OK);
    expectAnswer(await listAs(await tokenOf({ nbf: now() + 10 })), refusals.invalidToken);
  });

  it('caches a valid token no longer than it is valid', async () => {
    const token = await tokenOf({ exp: now() - 4 });
    expectAnswer(await listAs(token), OK);
    expectAnswer(
      await eventually(
        () => listAs(token),
        ({ status }) => status !== 200,
      ),
      refusals.expiredToken,
    );
  });

  it.each([
    ['no end', undefined],
    ['an end that is no time', 'tomorrow'],
  ])('returns 401 for a token with %s', async (_, exp) => {
    expectAnswer(await listAs(await tokenOf({ exp: exp as unknown as number })), refusals.invalidToken);
  });

  it.each([
    ['no scopes', undefined],
    ['empty scopes', ''],
    ['scopes that only look alike', 'read:organization read:organizationsX READ:ORGANIZATIONS'],
    ['scopes in a list', ['read:organizations']],
  ])('returns 403 for a token with %s', async (_, scope) => {
    expectAnswer(
      await listAs(await tokenOf({ scope })),
      refusals.insufficientScope('read:organizations', 'read:organizations_summary'),
    );
  });

  it('accepts a valid token again and again, with Bearer in any case', async () => {
    expectAnswer(await listAs(app.api.token), OK);
    expectAnswer(await listAs(app.api.token), OK);
    expectAnswer(await listWith(`bearer ${app.api.token}`), OK);
  });

  it.each(['https://localhost:3443/api/v2/', 'http://localhost:3000/api/v2/'])(
    'takes a token for %s alone',
    async (aud) => {
      expectAnswer(await listAs(await tokenOf({ aud })), OK);
    },
  );

  it('accepts a token for the public URL, and only of its issuer', async () => {
    const { app: published, stop } = await startApp({ env: { PUBLIC_URL: 'https://auth.example.com' } });
    try {
      const claims = { iss: 'https://auth.example.com/', aud: 'https://auth.example.com/api/v2/' };
      const token = await published.issuer.token({ claims });
      expectAnswer(await published.api.as(token).get('/organizations'), OK);
      const local = await published.issuer.token({ claims: { iss: 'https://localhost:3443/' } });
      expectAnswer(await published.api.as(local).get('/organizations'), refusals.unexpectedIssuer);
    } finally {
      await stop();
    }
  });
});

interface Token {
  access_token: string;
}

describe('POST /oauth/token', () => {
  const app = useApp();
  let credentials: { client_id: string; client_secret: string };
  beforeAll(async () => {
    credentials = await createClient(app, ['read:organizations', 'read:connections']);
  });

  async function post(body: RequestInit['body'], headers: Record<string, string>) {
    const answer = await fetch(`${app.api.origin}/oauth/token`, { method: 'POST', body, headers });
    return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Token };
  }
  const postJson = (body: unknown, headers: Record<string, string> = {}) =>
    post(JSON.stringify(body), { 'content-type': 'application/json', ...headers });
  const basic = (id: string, secret: string) => ({
    authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
  });

  const refused = (status: number, error: string, error_description: string) => ({
    status,
    body: { error, error_description },
  });
  const granted = (...scopes: string[]) => ({
    status: 200,
    body: {
      access_token: expect.any(String) as string,
      token_type: 'Bearer',
      expires_in: 86_400,
      scope: scopes.join(' '),
    },
  });

  it.each([
    ['an empty body', {}, 'grant_type'],
    ['no client', { grant_type: 'client_credentials' }, 'client_id'],
    ['an empty client', { grant_type: 'client_credentials', client_id: '' }, 'client_id'],
    ['no secret', { grant_type: 'client_credentials', client_id: 'a' }, 'client_secret'],
    ['a list', [], 'grant_type'],
  ])('returns 400 for %s', async (_, body, missing) => {
    expectAnswer(await postJson(body), refused(400, 'invalid_request', `Missing required parameter: ${missing}`));
  });

  it.each([
    ['client_id', { client_id: 'a\0' }],
    ['client_id', { client_id: 'a\ud800' }],
    ['client_id', { client_id: ['a'] }],
    ['scope', { scope: ['read:connections'] }],
    ['scope', { scope: 5 }],
    ['scope', { scope: 'read:connections\0' }],
    ['audience', { audience: ['https://example.com/'] }],
    ['audience', { audience: null }],
  ])('returns 400 for a %s that is no text, and grants nothing instead: %j', async (name, field) => {
    expectAnswer(
      await postJson({ ...credentials, grant_type: 'client_credentials', ...field }),
      refused(400, 'invalid_request', `Parameter must be one text: ${name}`),
    );
  });

  it.each([
    ['scope', 'scope=read:connections&scope=read:connections'],
    ['audience', 'audience=a&audience=b'],
    ['audience', 'audience[]=a'],
    ['scope', 'scope[a]=b'],
  ])('returns 400 for a %s that a form has as %s', async (name, twice) => {
    const form = new URLSearchParams({ ...credentials, grant_type: 'client_credentials' });
    expectAnswer(
      await post(`${form.toString()}&${twice}`, { 'content-type': 'application/x-www-form-urlencoded' }),
      refused(400, 'invalid_request', `Parameter must be one text: ${name}`),
    );
  });

  it.each([
    [400, '{', 'application/json', 'Invalid request payload JSON format'],
    [400, '{"__proto__":{}}', 'application/json', 'Invalid request payload JSON format'],
    [413, `{"a":"${'a'.repeat(1024 * 1024)}"}`, 'application/json', 'Payload Too Large'],
    [415, 'a', 'text/plain', 'Unsupported Media Type'],
  ])('returns %i in the form of RFC 6749 for a body that it cannot read: %.20s', async (status, body, type, text) => {
    const answer = await post(body, { 'content-type': type });
    expectAnswer(answer, refused(status, 'invalid_request', text));
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('returns 400 for another grant', async () => {
    expectAnswer(
      await postJson({ ...credentials, grant_type: 'password' }),
      refused(400, 'unsupported_grant_type', 'Unsupported grant type: password'),
    );
  });

  it('returns 400 for scopes the client does not have', async () => {
    const body = { ...credentials, grant_type: 'client_credentials', scope: 'read:connections create:connections' };
    expectAnswer(await postJson(body), refused(400, 'invalid_scope', 'Not granted to this client: create:connections'));
  });

  it('returns 401 for a wrong secret and an unknown client, both alike', async () => {
    const unauthorized = refused(401, 'access_denied', 'Unauthorized');
    const { client_id, client_secret } = credentials;
    for (const [id, secret] of [
      [client_id, 'wrong'],
      [client_id, client_secret.toLowerCase()],
      ['nobody', client_secret],
    ] as const) {
      const answer = await postJson({ grant_type: 'client_credentials', client_id: id, client_secret: secret });
      expectAnswer(answer, unauthorized);
      expect(answer.headers.get('www-authenticate')).toBe('Basic realm="oauth/token"');
    }
    for (const headers of [
      basic(client_id, 'wrong'),
      basic('nobody', client_secret),
      basic('a\0b', client_secret),
      basic('%00', client_secret),
      { authorization: 'Basic abc' },
    ]) {
      expectAnswer(await postJson({ grant_type: 'client_credentials' }, headers), unauthorized);
    }
  });

  it('returns 403 for an unknown audience', async () => {
    const body = { ...credentials, grant_type: 'client_credentials', audience: 'https://example.com/' };
    expectAnswer(
      await postJson(body),
      refused(403, 'access_denied', 'Service not enabled within domain: https://example.com/'),
    );
  });

  it('grants all scopes of the client by default, and the token allows only those', async () => {
    const answer = await postJson({ ...credentials, grant_type: 'client_credentials' });
    expectAnswer(answer, granted('read:organizations', 'read:connections'));
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const api = app.api.as(answer.body.access_token);
    expectAnswer(await api.get('/organizations'), OK);
    expectAnswer(await api.post('/organizations', {}), {
      ...refusals.insufficientScope('create:organizations'),
    });
  });

  it('grants the requested scopes', async () => {
    const body = { ...credentials, grant_type: 'client_credentials', scope: 'read:connections' };
    const answer = await postJson(body);
    expectAnswer(answer, granted('read:connections'));
    expect((await app.api.as(answer.body.access_token).get('/organizations')).status).toBe(403);
  });

  it('accepts a form', async () => {
    const form = new URLSearchParams({ ...credentials, grant_type: 'client_credentials', scope: 'read:connections' });
    expectAnswer(await post(form, {}), granted('read:connections'));
  });

  it('accepts a client that authenticates with Basic, form-encoded', async () => {
    const { client_id, client_secret } = credentials;
    const encoded = client_id.replace(/^./, (char) => `%${char.charCodeAt(0).toString(16)}`);
    for (const id of [client_id, encoded]) {
      const answer = await postJson({ grant_type: 'client_credentials' }, basic(id, client_secret));
      expectAnswer(answer, granted('read:organizations', 'read:connections'));
    }
  });

  it('issues a token for the requested audience, and for every audience by default', async () => {
    const audience = 'https://localhost:3443/api/v2/';
    const one = await postJson({ ...credentials, grant_type: 'client_credentials', audience });
    const { iat, ...claims } = decodeJwt(one.body.access_token);
    expect(claims).toEqual({
      iss: 'https://localhost:3443/',
      sub: `${credentials.client_id}@clients`,
      aud: audience,
      exp: iat! + 86_400,
      scope: 'read:organizations read:connections',
      gty: 'client-credentials',
    });
    const every = await postJson({ ...credentials, grant_type: 'client_credentials' });
    expect(decodeJwt(every.body.access_token).aud).toEqual([audience, 'http://localhost:3000/api/v2/']);
  });

  it('refuses a client that was removed', async () => {
    const removed = await createClient(app, []);
    await app.sql('DELETE FROM machine_clients WHERE client_id = $1', [removed.client_id]);
    expect((await postJson({ ...removed, grant_type: 'client_credentials' })).status).toBe(401);
  });

  it('keeps no secret in the database', async () => {
    const rows = await app.sql('SELECT row_to_json(machine_clients)::text AS row FROM machine_clients');
    expect(JSON.stringify(rows)).toContain(credentials.client_id);
    expect(JSON.stringify(rows)).not.toContain(credentials.client_secret);
  });
});

describe('the built-in issuer', () => {
  const app = useApp();
  const get = async (path: string) => {
    const answer = await fetch(`${app.api.origin}/.well-known/${path}`);
    return { status: answer.status, headers: answer.headers, body: await answer.json() };
  };

  it('publishes its configuration', async () => {
    expectAnswer(await get('openid-configuration'), {
      status: 200,
      body: {
        issuer: 'https://localhost:3443/',
        token_endpoint: 'https://localhost:3443/oauth/token',
        jwks_uri: 'https://localhost:3443/.well-known/jwks.json',
        grant_types_supported: ['client_credentials'],
        response_types_supported: [],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
        token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
      },
    });
  });

  it('publishes the public half of its key and nothing else', async () => {
    const text = expect.any(String) as string;
    expectAnswer(await get('jwks.json'), {
      status: 200,
      body: { keys: [{ kty: 'RSA', n: text, e: 'AQAB', kid: text, alg: 'RS256', use: 'sig' }] },
    });
  });

  it('refuses tokens within seconds after their key was withdrawn, and signs with a new one', async () => {
    const credentials = await createClient(app, ['read:organizations']);
    const askToken = async () => {
      const body = JSON.stringify({ ...credentials, grant_type: 'client_credentials' });
      const init = { method: 'POST', body, headers: { 'content-type': 'application/json' } };
      const answer = await fetch(`${app.api.origin}/oauth/token`, init);
      return ((await answer.json()) as Token).access_token;
    };
    const list = (token: string) => app.api.as(token).get('/organizations');
    const before = await askToken();
    expectAnswer(await list(before), OK);

    await app.sql('UPDATE signing_keys SET withdrawn_at = now()');
    expectAnswer(await get('jwks.json'), { status: 200, body: { keys: [] } });
    await later(10_001, async () => {
      const answer = await eventually(
        () => list(before),
        ({ status }) => status !== 200,
      );
      expectAnswer(answer, refusals.invalidSignature);

      const after = await askToken();
      expectAnswer(await list(after), OK);
      expectAnswer(await list(before), refusals.invalidSignature);
    });
  });
});

describe('two servers on one database', () => {
  const app = useApp();
  let other: TestApp;
  let stopOther: () => Promise<void>;
  let credentials: { client_id: string; client_secret: string };
  beforeAll(async () => {
    const database = { url: app.databaseUrl, drop: () => Promise.resolve() };
    ({ app: other, stop: stopOther } = await startApp({ database }));
    credentials = await createClient(app, ['read:organizations']);
  });
  afterAll(() => stopOther());

  async function askToken(): Promise<string> {
    const body = new URLSearchParams({ ...credentials, grant_type: 'client_credentials' });
    const answer = await fetch(`${app.api.origin}/oauth/token`, { method: 'POST', body });
    return ((await answer.json()) as Token).access_token;
  }
  const kidOf = (token: string) => decodeProtectedHeader(token).kid;
  const publishedBy = async (server: TestApp) => {
    const answer = await fetch(`${server.api.origin}/.well-known/jwks.json`);
    return ((await answer.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
  };
  async function expectTakenByBoth(token: string): Promise<void> {
    for (const server of [other, app]) expectAnswer(await server.api.as(token).get('/organizations'), OK);
  }
  const rotate = () => {
    const encryption = new Encryption(testConfig(app.databaseUrl).encryption!.keys);
    return withPrisma(app.databaseUrl, (prisma) => new SigningKeysRepository(prisma, encryption).rotate());
  };

  it('publish the next key a minute before they sign with it, and still accept the old one', async () => {
    const before = await askToken();
    await expectTakenByBoth(before);
    const started = Date.now();
    const { kid, signsFrom } = await rotate();
    expect(signsFrom.getTime()).toBeGreaterThanOrEqual(started + 60_000);
    for (const server of [app, other]) expect(await publishedBy(server)).toEqual([kid, kidOf(before)]);
    expect(kidOf(await askToken())).toBe(kidOf(before));

    await app.sql("UPDATE signing_keys SET created_at = created_at - interval '61 s'");
    const after = await askToken();
    expect(kidOf(after)).toBe(kid);
    await expectTakenByBoth(after);
    await expectTakenByBoth(before);
  });

  it('sign at once with one new key when the only key is withdrawn, and both accept its tokens', async () => {
    await expectTakenByBoth(await askToken());
    await app.sql('UPDATE signing_keys SET withdrawn_at = now()');
    const tokens = await Promise.all([1, 2, 3, 4].map(askToken));
    const [kid, ...others] = new Set(tokens.map(kidOf));
    expect(others).toEqual([]);
    expect(await publishedBy(other)).toEqual([kid]);
    for (const token of tokens) await expectTakenByBoth(token);
  });
});

describe('a server on a database whose key was withdrawn', () => {
  it('refuses tokens of the key from the start', async () => {
    const database = await createDatabase();
    const kept = { ...database, drop: () => Promise.resolve() };
    const first = await startApp({ database: kept });
    const { token } = first.app.api;
    await first.app.sql('UPDATE signing_keys SET withdrawn_at = now()');
    await first.stop();
    const second = await startApp({ database });
    try {
      expectAnswer(await second.app.api.as(token).get('/organizations'), refusals.invalidSignature);
      expectAnswer(await second.app.api.get('/organizations'), OK);
    } finally {
      await second.stop();
    }
  });
});

describe('an external issuer', () => {
  let issuer: ExternalIssuer;
  let app: TestApp;
  let stop: () => Promise<void>;
  beforeEach(async () => {
    issuer = await ExternalIssuer.start();
    await issuer.addKey('one');
    const env = { AUTH_ISSUER: issuer.url, AUTH_AUDIENCE: 'urn:vestibule' };
    ({ app, stop } = await startApp({ env }));
  });
  afterEach(() => Promise.all([stop(), issuer.stop()]));

  const listAs = (token: string) => app.api.as(token).get('/organizations');

  it('is asked for its keys once, at the first token', async () => {
    expect(issuer.requests).toBe(0);
    const [one, two] = [await issuer.token('one', { jti: '1' }), await issuer.token('one', { jti: '2' })];
    for (const answer of await Promise.all([one, one, two, two].map(listAs))) expectAnswer(answer, OK);
    expectAnswer(await listAs(one), OK);
    expect(issuer.requests).toBe(1);
  });

  it.each(['RS256', 'PS384', 'ES512', 'EdDSA'])('may sign with %s', async (alg) => {
    await issuer.addKey('other', alg);
    expectAnswer(await listAs(await issuer.token('other')), OK);
  });

  it('is the only issuer whose tokens are accepted', async () => {
    expectAnswer(await listAs(await app.issuer.token()), refusals.invalidSignature);
    expectAnswer(await listAs(await issuer.token('one', { iss: 'https://example.com/' })), refusals.unexpectedIssuer);
    expectAnswer(
      await listAs(await issuer.token('one', { aud: 'https://localhost:3443/api/v2/' })),
      refusals.invalidAudience,
    );
  });

  it('replaces the built-in one, whose endpoints return 404', async () => {
    for (const [method, path] of [
      ['POST', 'oauth/token'],
      ['GET', '.well-known/jwks.json'],
      ['GET', '.well-known/openid-configuration'],
    ]) {
      expect((await fetch(`${app.api.origin}/${path}`, { method })).status).toBe(404);
    }
  });

  it('is asked for new keys when a token has an unknown key id, at most once in 30 s', async () => {
    expectAnswer(await listAs(await issuer.token('one')), OK);
    await issuer.addKey('two');
    const [two, stranger] = [await issuer.token('two'), await app.issuer.token()];
    for (const token of [two, stranger, two]) expectAnswer(await listAs(token), refusals.invalidSignature);
    expect(issuer.requests).toBe(1);

    await later(30_001, async () => {
      expectAnswer(await listAs(two), OK);
      for (let attempt = 0; attempt < 3; attempt++) expectAnswer(await listAs(stranger), refusals.invalidSignature);
    });
    expect(issuer.requests).toBe(2);
  });

  it('can withdraw a key, whose tokens are refused within 10 minutes', async () => {
    await issuer.addKey('two');
    const [one, two] = [await issuer.token('one'), await issuer.token('two')];
    expectAnswer(await listAs(one), OK);
    expectAnswer(await listAs(two), OK);
    const signWithdrawn = issuer.withdrawKey('one');
    expectAnswer(await listAs(one), OK);
    await later(10 * 60_000 + 1, async () => {
      const answer = await eventually(
        () => listAs(one),
        ({ status }) => status !== 200,
      );
      expectAnswer(answer, refusals.invalidSignature);
      expectAnswer(await listAs(await signWithdrawn({ jti: 'new' })), refusals.invalidSignature);
      expectAnswer(await listAs(two), OK);
    });
    expect(issuer.requests).toBe(2);
  });

  it('is not needed for known keys', async () => {
    const token = await issuer.token('one');
    expectAnswer(await listAs(token), OK);
    const another = await issuer.token('one', { jti: 'another' });
    await issuer.stop();
    await later(10 * 60_000 + 1, async () => {
      expectAnswer(await listAs(token), OK);
      expectAnswer(await listAs(another), OK);
    });
  });

  it.each<[string, (response: ServerResponse) => void, RegExp]>([
    ['breaks off', (response) => void response.destroy(), /fetch failed/],
    ['answers 500', (response) => void response.writeHead(500).end(), / answered 500$/],
    ['is redirected', (response) => void response.writeHead(302, { location: '/keys' }).end(), /unexpected redirect$/],
    ['answers with no JSON', (response) => void response.end('<html>'), / answered with something that is no JSON$/],
    ['answers with no key set', (response) => void response.end('{}'), /JSON Web Key Set malformed$/],
  ])(
    'makes the server answer 503 when it %s at the first token, and only until it has keys',
    async (_, answer, why) => {
      issuer.answer = answer;
      const token = await issuer.token('one');
      for (let attempt = 0; attempt < 2; attempt++) {
        const refused = await listAs(token);
        expectAnswer(refused, refusals.keysUnavailable);
        expect(refused.headers.get('retry-after')).toBe('5');
      }
      expect(issuer.requests).toBe(1);
      const warnings = app.log.filter(({ level }) => level === 40).map(({ msg }) => msg);
      expect(warnings).toEqual([expect.stringMatching(why)]);

      issuer.answer = undefined;
      await later(1_000, async () => expectAnswer(await listAs(token), OK));
    },
  );

  it('is cut off when its answer does not end', async () => {
    const isCutOff = new Promise((resolve) => {
      issuer.answer = (response) => {
        response.on('close', resolve);
        const keepWriting = () => {
          while (response.write('x'.repeat(65_536)));
        };
        response.on('drain', keepWriting);
        keepWriting();
      };
    });
    expectAnswer(await listAs(await issuer.token('one')), refusals.keysUnavailable);
    await isCutOff;
  });

  it('may publish its keys somewhere else', async () => {
    const elsewhere = await ExternalIssuer.start();
    await elsewhere.addKey('three');
    const env = {
      AUTH_ISSUER: 'https://id.example.com/',
      AUTH_AUDIENCE: 'urn:vestibule',
      AUTH_JWKS_URL: elsewhere.url,
    };
    const other = await startApp({ env });
    try {
      const token = await elsewhere.token('three', { iss: 'https://id.example.com/' });
      expectAnswer(await other.app.api.as(token).get('/organizations'), OK);
    } finally {
      await Promise.all([other.stop(), elsewhere.stop()]);
    }
  });
});

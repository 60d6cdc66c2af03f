import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { generate } from 'selfsigned';
import type { TlsCredentials } from '../../src/http/adapter.js';
import { absent } from '../support/access.js';
import { expectAnswer } from '../support/answers.js';
import { useApp, type TestApp, type TestAppOptions } from '../support/app.js';
import { eventually } from '../support/clock.js';
import { refusals } from '../support/errors.js';
import {
  createConnection,
  createDiscoveryDomain,
  createEnabled,
  createOrganization,
  uniqueName,
} from '../support/factories.js';

const MEGABYTE = 1024 * 1024;
const JSON_TYPE = { 'content-type': 'application/json' };
const NOT_FOUND = { status: 404, body: { statusCode: 404, error: 'Not Found', message: 'Not Found' } };

/** What HTTP itself refuses; outside the published document. */
const refusedBy = (status: number, text: string) => ({
  status,
  body: { statusCode: status, error: text, message: text },
});

/** Any request, with the token, below the root of the server. */
async function request(app: TestApp, method: string, path: string, init: RequestInit = {}) {
  const headers = { authorization: `Bearer ${app.api.token}`, ...(init.headers as Record<string, string>) };
  const answer = await fetch(`${app.api.origin}${path}`, { ...init, method, headers });
  return { status: answer.status, headers: answer.headers, body: await answer.json() };
}

/** Opens a connection to the port of one of the two servers. */
type Dial = (app: TestApp, onceOpen?: () => void) => Socket;

const dialHttp: Dial = (app, onceOpen) => connect(app.server.httpPort, '127.0.0.1', onceOpen);
const dialHttps: Dial = (app, onceOpen) =>
  connectTls({ port: app.server.httpsPort!, host: '127.0.0.1', rejectUnauthorized: false }, onceOpen);

/** Sends these bytes and returns all that comes back until the server closes, or until `leave` closes right away. */
function exchange(socket: Socket, bytes: string, leave?: () => void): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    socket.write(bytes, leave);
    socket.setEncoding('utf8').on('data', (text: string) => (received += text));
    socket.on('close', () => resolve(received)).on('error', reject);
  });
}

/** Sends all of these bytes before it listens to the first answer. */
function sendAndHear(socket: Socket, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = '';
    socket.pause().write(bytes, () => {
      socket.setEncoding('utf8').on('data', (text: string) => {
        received += text;
        if (received.endsWith('}')) resolve(received);
      });
      socket.resume();
    });
    socket.on('close', () => reject(new Error(`no answer: ${received}`))).on('error', reject);
  });
}

/** The head of a request that makes an organization, with a body of so many bytes to follow. */
const headOfCreate = (app: TestApp, length: number) =>
  `POST /api/v2/organizations HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${app.api.token}\r\n` +
  `Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

async function makeCertificate(): Promise<TlsCredentials> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec' });
  return { cert, key };
}

/** The only answer in what came back. */
function parseAnswer(received: string) {
  const [head = '', body = ''] = received.split('\r\n\r\n');
  const [statusLine = '', ...headers] = head.split('\r\n');
  return {
    statusLine,
    headers: new Headers(headers.map((line) => line.split(': ') as [string, string])),
    body: JSON.parse(body) as unknown,
  };
}

describe('every error', () => {
  const app = useApp();
  const post = (body: string, headers: Record<string, string> = JSON_TYPE) =>
    request(app, 'POST', '/api/v2/organizations', { body, headers });
  const nested = (depth: number) => '{"a":'.repeat(depth) + '1' + '}'.repeat(depth);

  it.each([
    ['GET', '/api/v2/nothing'],
    ['GET', '/api/v2'],
    ['GET', '/api/v2/organizations/a/b/c/d'],
    ['PUT', '/api/v2/organizations'],
    ['GET', '/organizations'],
    ['GET', '/'],
    ['POST', '/health/live'],
  ])('is 404 for an unknown path or method: %s %s', async (method, path) => {
    expectAnswer(await request(app, method, path), NOT_FOUND);
  });

  it('is 404 for an unknown path without a token, too', async () => {
    expectAnswer(await app.api.as(undefined).get('/nothing'), NOT_FOUND);
  });

  it.each([
    ['text', 'name=acme'],
    ['half an object', '{"name":'],
    ['two values', '{} {}'],
    ['single quotes', "{'name':'acme'}"],
    ['a byte order mark alone', '\ufeff'],
  ])('is 400 for a body that is not JSON: %s', async (_, body) => {
    expectAnswer(await post(body), refusals.invalidJson);
  });

  it.each([
    ['null', "'Expected type object but found type null'"],
    ['', "'Missing required property: name'"],
    ['[]', "'Expected type object but found type array'"],
    ['"name"', "'Expected type object but found type string'"],
    ['7', "'Expected type object but found type integer'"],
    ['true', "'Expected type object but found type boolean'"],
  ])('is 400 for JSON that is no object: %s', async (body, detail) => {
    expectAnswer(await post(body), refusals.invalidBody(detail));
  });

  it('is 400 for no body where one is needed', async () => {
    expectAnswer(
      await app.api.request('POST', '/organizations'),
      refusals.invalidBody("'Missing required property: name'"),
    );
  });

  it.each([
    ['at the top', '{"name":"acme","__proto__":{"name":"a"}}'],
    ['inside', '{"name":"acme","branding":{"__proto__":{"logo_url":"https://a"}}}'],
    ['in other letters', '{"\\u005f_proto__":{"name":"acme"}}'],
    ['in other letters inside', '{"name":"acme","metadata":{"__pro\\u0074o__":"a"}}'],
  ])('is 400 for __proto__ %s', async (_, body) => {
    expectAnswer(await post(body), refusals.invalidJson);
  });

  it.each([
    '__proto__[name]=acme',
    '__proto__=a&name=acme',
    'name=acme&metadata[__proto__][a]=b',
    '__pro%74o__[name]=a',
  ])('is 400 for __proto__ in a form: %s', async (body) => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    expectAnswer(await post(body, form), refusals.invalidBody("'Additional properties not allowed: __proto__'"));
  });

  it.each([
    Array.from({ length: 1_001 }, (_, at) => `options[k${at}]=1`).join('&'),
    `options[a]${'[b]'.repeat(8)}=1`,
    `options[]=${Array(1_001).fill('1').join('&options[]=')}`,
  ])('is 400 for a form that is cut off nowhere: %.40s…', async (fields) => {
    const body = `name=acme&strategy=oidc&${fields}`;
    expectAnswer(
      await app.api.request('POST', '/connections', { body: new URLSearchParams(body) }),
      refusals.invalidBody("'Form has more than 1000 fields, or fields nested deeper than 8'"),
    );
  });

  it('is 400 for __proto__ in a query', async () => {
    expectAnswer(
      await app.api.get('/connections?__proto__=1'),
      refusals.invalidQuery("'Additional properties not allowed: __proto__'"),
    );
  });

  it.each([
    ['__proto__=a&__proto__=b', "'Additional properties not allowed: __proto__'"],
    ['constructor=a&constructor=b', "'Additional properties not allowed: constructor'"],
    ['name=a&name=b', "'Expected type string but found type array' on property name"],
    ['from=a&from=b', "'Expected type string but found type array' on property from"],
    ['take=1&take=2', "'Expected type integer but found type array' on property take"],
    [
      'include_totals=true&include_totals=true',
      "'Expected type boolean but found type array' on property include_totals",
    ],
  ])('is 400 for a name that a query repeats: %s', async (query, detail) => {
    expectAnswer(await app.api.get(`/connections?${query}`), refusals.invalidQuery(detail));
  });

  it.each([
    [{ name: { constructor: 1 } }, "'Expected type string but found type object' on property name"],
    [{ name: { then: 1 } }, "'Expected type string but found type object' on property name"],
    [{ other: { constructor: 1 } }, "'Additional properties not allowed: other'"],
    [{ other: [{ constructor: {} }] }, "'Additional properties not allowed: other'"],
    [
      { is_domain_connection: [{ constructor: 1 }] },
      "'Expected type boolean but found type array' on property is_domain_connection",
    ],
    [{ realms: [{ constructor: 1 }] }, "'Expected type string but found type object' on property realms"],
    [{ metadata: { a: { constructor: 1 } } }, "'Expected type string but found type object' on property metadata"],
    [{ options: [{ constructor: 1 }] }, "'Expected type object but found type array' on property options"],
    [
      { authentication: [{ active: { constructor: 1 } }] },
      "'Expected type object but found type array' on property authentication",
    ],
    [
      { authentication: [{ other: { constructor: 1 } }] },
      "'Additional properties not allowed: other' on property authentication.0",
    ],
    [
      { authentication: { active: true, constructor: 1 } },
      "'Additional properties not allowed: constructor' on property authentication",
    ],
    [
      { authentication: { active: true, toString: 'a' } },
      "'Additional properties not allowed: toString' on property authentication",
    ],
    [
      { authentication: { active: { constructor: 1 } } },
      "'Expected type boolean but found type object' on property authentication.active",
    ],
  ])('is 400 for an object where none belongs, whatever is in it: %j', async (fields, detail) => {
    expectAnswer(
      await app.api.post('/connections', { name: uniqueName('con'), strategy: 'oidc', ...fields }),
      refusals.invalidBody(detail),
    );
  });

  it('repeats what was sent as it was sent', async () => {
    for (const strategy of ['$value$property', '$&$1', '$constraint1', '$value'.repeat(10_000)]) {
      expectAnswer(
        await app.api.post('/connections', { name: uniqueName('con'), strategy }),
        refusals.invalidBody(`'No enum match for: ${strategy}' on property strategy`),
      );
      expectAnswer(
        await app.api.post('/connections', { name: uniqueName('con'), strategy: 'oidc', enabled_clients: [strategy] }),
        refusals.invalidBody(
          `'Object didn't pass validation for format client-id: ${strategy}' on property enabled_clients`,
        ),
      );
    }
  });

  it('names the first item of a list that is wrong', async () => {
    expectAnswer(
      await app.api.post('/connections', {
        name: uniqueName('con'),
        strategy: 'oidc',
        enabled_clients: ['a', 'b c', ''],
      }),
      refusals.invalidBody("'Object didn't pass validation for format client-id: b c' on property enabled_clients"),
    );
  });

  it('is none for a body that may have more, whatever is in it', async () => {
    const { id } = await createOrganization(app.api);
    const { status } = await app.api.request('DELETE', `/organizations/${id}/members`, {
      headers: JSON_TYPE,
      body: '{"members":["auth0|1"],"constructor":1,"roles":{"constructor":1,"then":2}}',
    });
    expect(status).toBe(204);
  });

  it('is none for an empty body of a call that takes none', async () => {
    const { path } = await createDiscoveryDomain(app.api);
    const answer = await app.api.request('POST', `${path}/verify`, { headers: JSON_TYPE, body: '' });
    expect(answer.status).toBe(200);
  });

  it.each(['constructor', 'toString', 'hasOwnProperty', 'prototype'])(
    'is 400 for the name of a property every object has: %s',
    async (name) => {
      expectAnswer(
        await post(JSON.stringify({ name: 'acme', [name]: 'a' })),
        refusals.invalidBody(`'Additional properties not allowed: ${name}'`),
      );
    },
  );

  it('is 400 for a body nested deeper than 64, and not before', async () => {
    const tooDeep = refusals.invalidBody("'Objects and arrays are nested deeper than 64'");
    expectAnswer(await post(nested(65)), tooDeep);
    expectAnswer(await post('['.repeat(500_000)), tooDeep);
    expectAnswer(await post(nested(64)), refusals.invalidBody("'Additional properties not allowed: a'"));
    const { status } = await app.api.request('POST', '/connections', {
      headers: JSON_TYPE,
      body: `{"name":"${uniqueName('con')}","strategy":"oidc","options":${nested(63)}}`,
    });
    expect(status).toBe(201);
  });

  it('counts no brackets in texts', async () => {
    const name = uniqueName('org');
    const display_name = '[{"\\'.repeat(50);
    const answer = await app.api.post('/organizations', { name, display_name });
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ display_name });
  });

  it('is 413 for a body above 1 MB, whether its length is told or not', async () => {
    const tooLarge = refusedBy(413, 'Payload Too Large');
    expectAnswer(await post(`"${'a'.repeat(MEGABYTE)}"`), tooLarge);
    const chunks = new Blob(['"', 'a'.repeat(MEGABYTE), '"']).stream();
    const init = { body: chunks, headers: JSON_TYPE, duplex: 'half' } as RequestInit;
    expectAnswer(await request(app, 'POST', '/api/v2/organizations', init), tooLarge);
  });

  it.each(['text/plain', 'application/xml', 'multipart/form-data; boundary=a', 'application/jsonp', 'nonsense'])(
    'is 415 for a body of the type %s',
    async (type) => {
      expectAnswer(await post('{"name":"acme"}', { 'content-type': type }), refusedBy(415, 'Unsupported Media Type'));
    },
  );

  it.each(['application/json; charset=utf-8', 'application/merge-patch+json', 'APPLICATION/JSON'])(
    'is none for JSON of the type %s',
    async (type) => {
      expect((await post(JSON.stringify({ name: uniqueName('org') }), { 'content-type': type })).status).toBe(201);
    },
  );

  it.each(['/api/v2/organizations/%zz', '/api/v2/organizations/%', '/api/v2/connections/%E0%A4%A'])(
    'is 400 for a path that is badly encoded: %s',
    async (path) => {
      const answer = await request(app, 'GET', path);
      expectAnswer(answer, refusedBy(400, 'Bad Request'));
      const requestId = answer.headers.get('x-request-id');
      expect(requestId).not.toBeNull();
      expect(app.log.filter((line) => line['requestId'] === requestId)).toEqual([
        expect.objectContaining({ method: 'GET', path, status: 400, msg: 'request' }),
      ]);
    },
  );

  it.each(['%00', '%ED%A0%80'])('is 400 for a path with a character that no id has: %s', async (character) => {
    const { status } = await request(app, 'GET', `/api/v2/organizations/${character}`);
    expect(status).toBe(400);
  });

  it('is 400 for a path with an id too long to be one', async () => {
    expectAnswer(
      await app.api.get(`/organizations/${'a'.repeat(51)}/connections`),
      refusals.invalidPath("'String is too long (51 chars), maximum 50' on property id"),
    );
    const { status } = await request(app, 'GET', `/api/v2/organizations/${'a'.repeat(5_000)}/connections`);
    expect([400, 404, 414]).toContain(status);
  });

  it('has no row of the table that a request cannot bring about', async () => {
    const [organization, connection, enabled] = await Promise.all([
      createOrganization(app.api),
      createConnection(app.api),
      createEnabled(app.api),
    ]);
    const { api } = app;
    const own = `/organizations/${organization.id}/enabled_connections`;
    const signup = { is_signup_enabled: true };
    expectAnswer(await api.patch(enabled.path, signup), refusals.signupNotSupported);
    expectAnswer(await api.patch(enabled.path, { show_as_button: false }), refusals.hiddenButtonNotSupported);
    expectAnswer(await api.post(own, { connection_id: absent.connection }), refusals.connectionInBodyUnknown);
    expectAnswer(
      await api.get('/connections?page=-1'),
      refusals.invalidQuery("'Value -1 is less than minimum 0' on property page"),
    );
    expectAnswer(await api.get(`/organizations/${absent.organization}`), refusals.organizationNotFound);
    expectAnswer(await api.get(`${own}/${connection.id}`), refusals.organizationConnectionNotFound);
    expectAnswer(await api.get(`/connections/${absent.connection}`), refusals.connectionNotFound);
    expectAnswer(await api.post('/organizations', { name: organization.name }), refusals.organizationNameTaken);
    expectAnswer(
      await api.post('/connections', { name: connection.name, strategy: 'auth0' }),
      refusals.connectionNameTaken,
    );
    expectAnswer(
      await api.post(enabled.path.replace(/\/con_.*/, ''), { connection_id: enabled.connection.id }),
      refusals.organizationConnectionExists,
    );
  });

  it('is JSON and names its request', async () => {
    const headers = { 'x-request-id': 'my-own.id_1' };
    const answer = await app.api.request('GET', `/organizations/${absent.organization}`, { headers });
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(answer.headers.get('x-request-id')).toBe('my-own.id_1');
    const strange = { 'x-request-id': 'a b"<script>' };
    const other = await app.api.request('GET', '/nothing', { headers: strange });
    expect(other.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('an unexpected failure', () => {
  const app = useApp({ env: { LOG_LEVEL: 'trace' } });

  /** With the table out of the way, which nothing in the service expects. */
  async function withoutTable<T>(table: string, work: () => Promise<T>): Promise<T> {
    await app.sql(`ALTER TABLE ${table} RENAME TO ${table}_elsewhere`);
    try {
      return await work();
    } finally {
      await app.sql(`ALTER TABLE ${table}_elsewhere RENAME TO ${table}`);
    }
  }

  it.each([
    ['organizations', 'PrismaClientKnownRequestError', 'GET', `/organizations/${absent.organization}`, undefined],
    ['connections', 'PrismaClientKnownRequestError', 'GET', '/connections', undefined],
    [
      'organization_connections',
      'DatabaseError',
      'PATCH',
      `/organizations/${absent.organization}/connections/a`,
      { is_enabled: true },
    ],
  ])('with %s is 500 and a request id, and the log has the rest', async (table, type, method, path, body) => {
    const init = body && { body: JSON.stringify(body), headers: JSON_TYPE };
    const answer = await withoutTable(table, () => app.api.request(method, path, init));
    const requestId = answer.headers.get('x-request-id');
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    expectAnswer(answer, {
      status: 500,
      body: {
        statusCode: 500,
        error: 'Internal Server Error',
        message: `An unexpected error occurred, request id ${requestId}`,
      },
    });
    const lines = app.log.filter((line) => line['requestId'] === requestId && line['level'] === 50);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({ err: { type, message: expect.stringContaining(table) as string } });
    expect((lines[0]!['err'] as { stack: string }).stack).toContain('src/');
  });

  it('is over when its cause is', async () => {
    await withoutTable('organizations', () => app.api.get('/organizations'));
    expect((await app.api.get('/organizations')).status).toBe(200);
  });

  it('leaves neither token nor secret nor body in the log, and nothing expected does', async () => {
    const marker = `marker${randomBytes(8).toString('hex')}`;
    const { organization, path } = await createEnabled(app.api);
    const newer = path.replace('enabled_connections', 'connections');
    await app.sql(`ALTER TABLE organizations ADD CONSTRAINT unheard_of CHECK (display_name NOT LIKE 'marker%')`);
    await app.sql(
      `ALTER TABLE organization_connections ADD CONSTRAINT unheard_of_too CHECK (organization_connection_name NOT LIKE 'marker%')`,
    );
    const sent = [
      // Fails in Prisma and in a prepared statement, whose errors tell the values of the row.
      await app.api.patch(`/organizations/${organization.id}`, { display_name: marker }),
      await app.api.post('/organizations', { name: uniqueName('org'), display_name: marker }),
      await app.api.patch(newer, { organization_connection_name: marker }),
      await withoutTable('organizations', () => app.api.post('/organizations', { name: marker })),
      await app.api.post('/organizations', { name: uniqueName('org'), metadata: { secret: marker } }),
      await app.api.post('/organizations', { [marker]: true }),
      await app.api.get(`/organizations?${marker}=1`),
      await app.api.as(marker).get('/organizations'),
      await request(app, 'POST', '/oauth/token', {
        headers: JSON_TYPE,
        body: JSON.stringify({ grant_type: 'client_credentials', client_id: 'a', client_secret: marker }),
      }),
    ];
    expect(sent.map(({ status }) => status)).toEqual([500, 500, 500, 500, 201, 400, 400, 401, 401]);
    const log = JSON.stringify(app.log);
    expect(log).toContain('unheard_of_too');
    expect(log).not.toContain(marker);
    for (const part of app.api.token!.split('.')) expect(log).not.toContain(part);
    expect(log).not.toMatch(/authorization|bearer/i);
  });

  it('has one line in the log for each request, with caller, method, path without query, status and time', async () => {
    const headers = { 'x-request-id': 'one-line' };
    await app.api.request('GET', '/organizations?per_page=1', { headers });
    const ofRequest = () => app.log.filter((line) => line['requestId'] === 'one-line');
    await eventually(
      () => Promise.resolve(ofRequest()),
      (lines) => lines.length > 0,
    );
    expect(ofRequest()).toEqual([
      {
        level: 30,
        time: expect.any(Number) as number,
        requestId: 'one-line',
        caller: 'test@clients',
        method: 'GET',
        path: '/api/v2/organizations',
        status: 200,
        milliseconds: expect.any(Number) as number,
        msg: 'request',
      },
    ]);
  });
});

describe('a client that misbehaves', () => {
  const options: TestAppOptions = { env: { LOG_LEVEL: 'trace' } };
  beforeAll(async () => {
    options.tls = await makeCertificate();
  });
  const app = useApp(options);
  const stillServes = async () => expect((await app.api.get('/organizations')).status).toBe(200);
  const head = (length: number) => headOfCreate(app, length);

  describe.each([
    ['HTTP', dialHttp],
    ['HTTPS', dialHttps],
  ])('over %s', (_, dial) => {
    it.each([
      ['closes before it says anything', () => ''],
      ['closes in the middle of the head', () => 'GET /api/v2/organizations HTTP/1.1\r\nHost:'],
      ['closes in the middle of the body', () => `${head(100)}{"name":`],
      ['closes before the answer', () => `${head(100)}${JSON.stringify({ name: uniqueName('org') }).padEnd(100)}`],
      ['closes before it hears what was wrong', () => 'HELLO\r\n\r\n'],
    ])('leaves the process as it was: %s', async (_, bytes) => {
      const leave = () => {
        const socket = dial(app);
        return exchange(socket, bytes(), () => socket.destroy());
      };
      await Promise.all(Array.from({ length: 20 }, leave));
      await stillServes();
    });

    it.each([
      ['speaks another language', '\x16\x03\x01\x02\0\x01\0', 400, 'Bad Request'],
      ['speaks nonsense', 'HELLO\r\n\r\n', 400, 'Bad Request'],
      ['has a header that is none', 'GET / HTTP/1.1\r\nHost a\r\n\r\n', 400, 'Bad Request'],
      ['names no host', 'GET /health/live HTTP/1.1\r\n\r\n', 400, 'Bad Request'],
      [
        'tells two lengths',
        'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na',
        400,
        'Bad Request',
      ],
      [
        'expects what is not there',
        'GET /health/live HTTP/1.1\r\nHost: a\r\nExpect: coffee\r\n\r\n',
        417,
        'Expectation Failed',
      ],
      [
        'sends endless headers',
        `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
        431,
        'Request Header Fields Too Large',
      ],
    ])('is answered and cut off: %s', async (_, bytes, status, text) => {
      const { statusLine, headers, body } = parseAnswer(await exchange(dial(app), bytes));
      expect(statusLine).toBe(`HTTP/1.1 ${status} ${text}`);
      expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
      expect(headers.get('connection')).toBe('close');
      expect(body).toEqual(refusedBy(status, text).body);
      await stillServes();
    });

    it('is answered and cut off while its body is awaited: sends endless extensions of a chunk', async () => {
      const chunked = head(0).replace('Content-Length: 0', 'Transfer-Encoding: chunked');
      const { statusLine, body } = parseAnswer(await exchange(dial(app), `${chunked}1;a=${'a'.repeat(20_000)}\r\n`));
      expect(statusLine).toBe('HTTP/1.1 413 Payload Too Large');
      expect(body).toEqual(refusedBy(413, 'Payload Too Large').body);
      await stillServes();
    });

    it.each([
      ['endless headers', () => `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`, 431],
      ['a header that is none', () => 'POST / HTTP/1.1\r\nHost a\r\n\r\n', 400],
      ['no host', () => head(4 * MEGABYTE).replace('Host: a\r\n', ''), 400],
      ['a strange expectation', () => head(4 * MEGABYTE).replace('Host', 'Expect: coffee\r\nHost'), 417],
      ['a type that is not read', () => head(4 * MEGABYTE).replace('application/json', 'text/plain'), 415],
      ['a body that is too large', () => head(4 * MEGABYTE), 413],
      [
        'chunks that are too large together',
        () => `${head(0).replace('Content-Length: 0', 'Transfer-Encoding: chunked')}${(4 * MEGABYTE).toString(16)}\r\n`,
        413,
      ],
    ])('is answered when megabytes come behind %s', async (_, start, status) => {
      const bytes = start() + 'a'.repeat(4 * MEGABYTE);
      const sockets = Array.from({ length: 20 }, () => dial(app));
      const answers = await Promise.all(sockets.map((socket) => sendAndHear(socket, bytes)));
      sockets.forEach((socket) => socket.destroy());
      for (const answer of answers) expect(parseAnswer(answer).body).toMatchObject({ statusCode: status });
      await stillServes();
    });

    it('is served over the same connection behind a body that was too large', async () => {
      const next = 'GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n';
      const received = await exchange(dial(app), head(4 * MEGABYTE) + 'a'.repeat(4 * MEGABYTE) + next);
      expect(received.match(/HTTP\/1\.1 .*/g)).toEqual(['HTTP/1.1 413 Payload Too Large', 'HTTP/1.1 200 OK']);
    });

    it('is served without a host in HTTP/1.0, and when it expects to be told to continue', async () => {
      const old = await exchange(dial(app), 'GET /health/live HTTP/1.0\r\n\r\n');
      expect(old).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      const careful = 'GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\nExpect: 100-continue\r\n\r\n';
      expect(await exchange(dial(app), careful)).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 OK\r\n/);
    });

    it('finds nothing of what it sent in the log', async () => {
      await exchange(dial(app), `GET / HTTP/1.1\r\nAuthorization: Bearer my-secret\r\nHost a\r\n\r\n`);
      expect(app.log.filter((line) => line['err'] !== undefined)).toEqual([]);
      expect(JSON.stringify(app.log)).not.toContain('my-secret');
    });
  });

  it('is cut off when it goes on and on behind what was refused', async () => {
    const socket = connect({ port: app.server.httpPort, host: '127.0.0.1', allowHalfOpen: true });
    await sendAndHear(socket, 'HELLO\r\n\r\n');
    const more = setInterval(() => socket.write('HELLO\r\n'), 10);
    // Whether it hears of the end by a reset is a matter of the moment.
    await new Promise((resolve) => socket.on('error', resolve).on('close', resolve));
    clearInterval(more);
    await stillServes();
  });

  it('takes no memory by asking for the document over and over without reading it', async () => {
    const before = process.memoryUsage.rss();
    const asked = 'GET /openapi.json HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(20);
    const sockets = Array.from({ length: 150 }, () => dialHttp(app).pause());
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.write(asked, resolve))));
    // Reads are served meanwhile, and the last one is answered after all writes have started.
    for (let left = 20; left > 0; left--) {
      const { body } = await request(app, 'GET', '/openapi.json');
      expect(body).toMatchObject({ openapi: expect.any(String) as string });
    }
    const taken = process.memoryUsage.rss() - before;
    sockets.forEach((socket) => socket.destroy());
    // A copy for each would be 1,300.
    expect(taken / MEGABYTE).toBeLessThan(400);
  });

  it('leaves the process as it was: resets the connection after nonsense', async () => {
    const reset = () => {
      const socket = dialHttp(app);
      return exchange(socket, 'HELLO\r\n\r\n', () => socket.resetAndDestroy());
    };
    await Promise.all(Array.from({ length: 20 }, reset));
    await stillServes();
  });

  it.each([
    ['speaks plain HTTP', 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'],
    ['stops in the middle of the handshake', '\x16\x03\x01\x02\0\x01\0'],
  ])('leaves the process as it was: %s on the port of HTTPS', async (_, bytes) => {
    const socket = connect(app.server.httpsPort!, '127.0.0.1');
    // A TLS alert at most, and no HTTP.
    expect(await exchange(socket, bytes, () => socket.end())).not.toContain('HTTP');
    await stillServes();
  });
});

describe('a client that takes its time', () => {
  const options: TestAppOptions = {
    env: { LOG_LEVEL: 'trace' },
    deadlines: { requestHead: 500, request: 1_000, requestCheck: 100 },
  };
  beforeAll(async () => {
    options.tls = await makeCertificate();
  });
  const app = useApp(options);

  it.each([
    ['head', 500, () => 'GET / HTTP/1.1\r\nHost: a\r\n'],
    ['body', 1_000, () => headOfCreate(app, 100)],
  ])('is answered 408 and cut off soon after the time for the %s of a request is over', async (_, deadline, half) => {
    const began = Date.now();
    for (const received of await Promise.all([dialHttp, dialHttps].map((dial) => exchange(dial(app), half())))) {
      const { statusLine, body } = parseAnswer(received);
      expect(statusLine).toBe('HTTP/1.1 408 Request Timeout');
      expect(body).toEqual(refusedBy(408, 'Request Timeout').body);
    }
    expect(Date.now() - began).toBeGreaterThanOrEqual(deadline);
    expect(Date.now() - began).toBeLessThan(deadline + 5_000);
  });
});

describe('too many requests', () => {
  const app = useApp({ env: { RATE_LIMIT_PER_MINUTE: '3' } });

  it('is 429 for the one that goes beyond the limit, and for nobody else', async () => {
    for (let allowed = 0; allowed < 3; allowed++) expect((await app.api.get('/organizations')).status).toBe(200);
    const answer = await app.api.get('/organizations');
    expectAnswer(answer, refusals.tooManyRequests);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    const reset = Number(answer.headers.get('x-ratelimit-reset')) - Date.now() / 1000;
    expect(reset).toBeGreaterThan(0);
    expect(reset).toBeLessThanOrEqual(61);
    // Another token of the same caller is no other allowance.
    const again = app.api.as(await app.issuer.token({ claims: { jti: 'again' } }));
    expectAnswer(await again.get('/organizations'), refusals.tooManyRequests);
    // Writes are counted by themselves, up to the same limit.
    for (const status of [201, 409, 409]) {
      expect((await app.api.post('/organizations', { name: 'acme' })).status).toBe(status);
    }
    expectAnswer(await app.api.post('/organizations', { name: 'acme' }), refusals.tooManyRequests);

    const other = app.api.as(await app.issuer.token({ claims: { sub: 'other@clients' } }));
    expect((await other.get('/organizations')).status).toBe(200);
    for (let probe = 0; probe < 5; probe++) {
      expect((await fetch(`${app.api.origin}/health/live`)).status).toBe(200);
    }
  });

  it('is 429 by the address without a token', async () => {
    const stranger = app.api.as(undefined);
    for (let allowed = 0; allowed < 3; allowed++) expectAnswer(await stranger.get('/connections'), refusals.noToken);
    expectAnswer(await stranger.get('/connections'), refusals.tooManyRequests);
    // Neither what is made up nor a way in besides tokens gets an allowance of its own.
    expectAnswer(await app.api.as('made-up').get('/connections'), refusals.tooManyRequests);
    const token = await fetch(`${app.api.origin}/oauth/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa('made:up')}` },
      body: new URLSearchParams({ grant_type: 'client_credentials' }),
    });
    expect(token.status).toBe(429);
  });
});

describe('too many requests through a proxy', () => {
  const limit = { RATE_LIMIT_PER_MINUTE: '1' };
  const trusting = useApp({ env: { ...limit, TRUSTED_PROXIES: '10.0.0.0/8, 127.0.0.1' } });
  const wary = useApp({ env: limit });
  const from = (app: TestApp, address: string) =>
    app.api.as(undefined).request('GET', '/connections', { headers: { 'x-forwarded-for': address } });

  it('are counted by the address that a trusted one tells', async () => {
    expectAnswer(await from(trusting, '192.0.2.1'), refusals.noToken);
    expectAnswer(await from(trusting, '192.0.2.2'), refusals.noToken);
    expectAnswer(await from(trusting, '192.0.2.1'), refusals.tooManyRequests);
    expectAnswer(await from(trusting, '192.0.2.9, 192.0.2.1'), refusals.tooManyRequests);
  });

  it('are counted by the address of any other', async () => {
    expectAnswer(await from(wary, '192.0.2.1'), refusals.noToken);
    expectAnswer(await from(wary, '192.0.2.2'), refusals.tooManyRequests);
  });
});

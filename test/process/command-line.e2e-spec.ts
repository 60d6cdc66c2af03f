import { readdir } from 'node:fs/promises';
import { createServer, connect, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import pg from 'pg';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { ENCRYPTION_KEY } from '../support/encryption.js';
import { Checkout } from './checkout.js';
import { freePort } from './ports.js';

const PORTS = { PORT: '0', TLS_PORT: '0' };

let checkout: Checkout;
let database: TestDatabase;
let env: Record<string, string>;

beforeAll(async () => {
  [checkout, database] = await Promise.all([Checkout.create(), createDatabase('template0')]);
  env = { ...PORTS, DATABASE_URL: database.url };
});
afterAll(async () => {
  await checkout.remove();
  await database.drop();
});

const answer = async (url: string, init?: RequestInit) => {
  const response = await fetch(url, init);
  return { status: response.status, body: await response.json() };
};
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

describe('A command on a database that is not up to date', () => {
  it.each([['token'], ['client', 'list']])('refuses in one line and leaves it as it is: %s', async (...command) => {
    expect(await checkout.vestibule(command, env).ended).toEqual({
      code: 1,
      signal: null,
      stdout: '',
      stderr: 'The database is not up to date: "vestibule migrate" brings it there.\n',
    });
    expect((await checkout.vestibule(['migrate', '--status'], env).ended).stdout).toMatch(/^pending: /);
  });
});

describe('vestibule migrate', () => {
  it('exits with 1 while something is pending, 0 when nothing is, 1 after drift', async () => {
    const status = () => checkout.vestibule(['migrate', '--status'], env).ended;
    const before = await status();
    expect(before).toMatchObject({ code: 1, stderr: '' });
    expect(before.stdout).toMatch(/^(pending: \d{14}_\w+\n)+$/);

    const migrate = () => checkout.vestibule(['migrate'], env).ended;
    const applied = await migrate();
    expect(applied).toMatchObject({ code: 0, stderr: '' });
    expect(applied.stdout).toBe(
      before.stdout.replaceAll('pending: ', 'applied ') +
        `The database is up to date, ${before.stdout.trim().split('\n').length} applied.\n`,
    );
    expect(await migrate()).toMatchObject({ code: 0, stdout: 'The database is up to date.\n', stderr: '' });
    const clean = { code: 0, stdout: 'The database is up to date and as the schema says.\n', stderr: '' };
    expect(await status()).toMatchObject(clean);

    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query('ALTER TABLE organizations ADD COLUMN extra TEXT');
    expect(await status()).toMatchObject({
      code: 1,
      stdout: 'differs from the schema: ALTER TABLE "organizations" DROP COLUMN "extra";\n',
    });
    await client.query('ALTER TABLE organizations DROP COLUMN extra');
    await client.end();
    expect(await status()).toMatchObject(clean);
  });
});

describe('vestibule token', () => {
  it('prints a token and nothing else, while no server runs and while one does', async () => {
    const before = await checkout.vestibule(['token'], env).ended;
    const server = checkout.server(env);
    const { http } = await server.listening();
    const scoped = ['token', '--scope', 'read:organizations', '--expires-in', '60'];
    const during = await checkout.vestibule(scoped, env).ended;
    for (const outcome of [before, during]) {
      expect(outcome).toMatchObject({ code: 0, stderr: '' });
      expect(outcome.stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
      expect(await answer(`${http}/api/v2/organizations`, bearer(outcome.stdout.trim()))).toEqual({
        status: 200,
        body: [],
      });
    }
    expect(await answer(`${http}/api/v2/connections`, bearer(during.stdout.trim()))).toMatchObject({ status: 403 });
    const claims = (token: string) =>
      JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<string, number | string>;
    const { iat, exp, scope } = claims(during.stdout);
    expect({ lifetime: Number(exp) - Number(iat), scope }).toEqual({ lifetime: 60, scope: 'read:organizations' });
    await server.stop();
  });

  it.each([
    [['token', '--scope', 'read:everything'], 'read:everything'],
    [['token', '--expires-in', 'soon'], 'A whole number of seconds'],
    [['token', '--nonsense'], '--nonsense'],
  ])('refuses %j in plain words', async (args, words) => {
    const outcome = await checkout.vestibule(args, env).ended;
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toContain(words);
    expect(outcome.stderr).not.toMatch(/^\s+at /m);
  });
});

describe('vestibule client', () => {
  it('makes the credentials of a login page, which open its questions and nothing else', async () => {
    const made = await checkout.vestibule(['client', 'create', 'login-page', '--scope', 'evaluate:logins'], env).ended;
    const [, id, secret] = /^client_id: +(\S+)\nclient_secret: +(\S+)\n$/.exec(made.stdout) ?? [];
    const server = checkout.server(env);
    const { http } = await server.listening();
    const { body } = (await answer(`${http}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', client_id: id!, client_secret: secret! }),
    })) as { body: { access_token: string } };
    const token = bearer(body.access_token);
    expect(await answer(`${http}/login/organizations/nobody`, token)).toMatchObject({ status: 404 });
    expect(await answer(`${http}/api/v2/organizations`, token)).toMatchObject({ status: 403 });
    await server.stop();
    await checkout.vestibule(['client', 'delete', id!], env).ended;
  });

  it('makes a client that gets tokens, lists it without its secret, and deletes it', async () => {
    const made = await checkout.vestibule(['client', 'create', 'terraform', '--scope', 'read:organizations'], env)
      .ended;
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const [, id, secret] = /^client_id: +(\S+)\nclient_secret: +(\S+)\n$/.exec(made.stdout) ?? [];
    const server = checkout.server(env);
    const { http } = await server.listening();
    const askForToken = () =>
      answer(`${http}/oauth/token`, {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'client_credentials', client_id: id!, client_secret: secret! }),
      });
    const { status, body } = (await askForToken()) as { status: number; body: { access_token: string } };
    expect({ status, body }).toEqual({
      status: 200,
      body: { access_token: body.access_token, token_type: 'Bearer', expires_in: 86_400, scope: 'read:organizations' },
    });
    expect(await answer(`${http}/api/v2/organizations`, bearer(body.access_token))).toEqual({ status: 200, body: [] });

    const list = await checkout.vestibule(['client', 'list'], env).ended;
    expect(list).toMatchObject({ code: 0, stdout: `${id}  terraform  read:organizations\n`, stderr: '' });
    const remove = () => checkout.vestibule(['client', 'delete', id!], env).ended;
    expect(await remove()).toMatchObject({ code: 0, stdout: `Deleted ${id}.\n`, stderr: '' });
    expect(await remove()).toMatchObject({ code: 1, stdout: '', stderr: `There is no client ${id}.\n` });
    expect(await askForToken()).toEqual({
      status: 401,
      body: { error: 'access_denied', error_description: 'Unauthorized' },
    });
    await server.stop();
  });
});

describe('vestibule client rotate-secret', () => {
  const create = async (...options: string[]) => {
    const made = await checkout.vestibule(['client', 'create', 'rotated', ...options], env).ended;
    const [, id, secret] = /^client_id: +(\S+)\nclient_secret: +(\S+)\n/.exec(made.stdout) ?? [];
    return { id: id!, secret: secret! };
  };
  const rotate = async (id: string, ...options: string[]) => {
    const { code, stdout, stderr } = await checkout.vestibule(['client', 'rotate-secret', id, ...options], env).ended;
    const [, secret, rest] = new RegExp(`^client_id: +${id}\nclient_secret: +(\\S+)\n(.*)\n$`).exec(stdout) ?? [];
    return { code, stderr, secret: secret!, rest };
  };

  it('gives a new secret, keeps the present one for a day or as told, and says so in the list', async () => {
    const { id, secret } = await create('--scope', 'read:organizations');
    const listed = async () => {
      const { stdout } = await checkout.vestibule(['client', 'list'], env).ended;
      return stdout.split('\n').find((line) => line.startsWith(id));
    };
    const started = Date.now();
    const first = await rotate(id);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const [, until] = /^The secret before it is good until (\S+)\.$/.exec(first.rest!) ?? [];
    expect(Date.parse(until!)).toBeGreaterThanOrEqual(started + 86_400_000);
    expect(await listed()).toBe(`${id}  rotated  read:organizations  second secret until ${until}`);

    const server = checkout.server(env);
    const { http } = await server.listening();
    const statusWith = async (client_secret: string) => {
      const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret });
      return (await answer(`${http}/oauth/token`, { method: 'POST', body })).status;
    };
    for (const good of [secret, first.secret]) expect(await statusWith(good)).toBe(200);
    const second = await rotate(id, '--keep', '0');
    expect(second).toMatchObject({ code: 0, stderr: '', rest: 'The secret before it has ended.' });
    for (const ended of [secret, first.secret]) expect(await statusWith(ended)).toBe(401);
    expect(await statusWith(second.secret)).toBe(200);
    expect(await listed()).toBe(`${id}  rotated  read:organizations`);
    await server.stop();
    await checkout.vestibule(['client', 'delete', id], env).ended;
  });

  it('says in one line that there is no such client', async () => {
    expect(await checkout.vestibule(['client', 'rotate-secret', 'nobody'], env).ended).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'There is no client nobody.\n',
    });
  });
});

describe('vestibule client create --expires', () => {
  it.each([['86400'], ['2999-01-31T18:00:00+02:00']])('takes %s and shows it', async (expires) => {
    const made = await checkout.vestibule(['client', 'create', 'guest', '--expires', expires], env).ended;
    expect(made).toMatchObject({ code: 0, stderr: '' });
    const [, id, time] = /^client_id: +(\S+)\nclient_secret: +\S+\nexpires: +(\S+)\n$/.exec(made.stdout) ?? [];
    const expected = expires === '86400' ? Date.now() + 86_400_000 : Date.parse(expires);
    expect(Math.abs(Date.parse(time!) - expected)).toBeLessThan(60_000);
    const { stdout } = await checkout.vestibule(['client', 'list'], env).ended;
    expect(stdout.split('\n').find((line) => line.startsWith(id!))).toMatch(new RegExp(`  expires ${time}$`));
    await checkout.vestibule(['client', 'delete', id!], env).ended;
  });

  it.each(['0', 'soon', '2020-01-31', '2999-01-31T18:00'])('refuses %s in plain words', async (expires) => {
    const outcome = await checkout.vestibule(['client', 'create', 'guest', '--expires', expires], env).ended;
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(/Seconds from now, or a date to come|A whole number of seconds/);
  });
});

describe('vestibule keys rotate', () => {
  it('makes a key that is published beside the present one, and says from when it signs', async () => {
    const kidOf = (token: string) =>
      (JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()) as { kid: string }).kid;
    const token = async () => (await checkout.vestibule(['token'], env).ended).stdout;
    const before = kidOf(await token());
    const rotated = await checkout.vestibule(['keys', 'rotate'], env).ended;
    expect(rotated).toMatchObject({ code: 0, stderr: '' });
    const [, kid, time] = /^The key (\S+) is published and signs from (\S+)\.\n$/.exec(rotated.stdout) ?? [];
    expect(Date.parse(time!)).toBeGreaterThan(Date.now());
    expect(kidOf(await token())).toBe(before);
    const server = checkout.server(env);
    const { http } = await server.listening();
    expect(await answer(`${http}/.well-known/jwks.json`)).toMatchObject({ body: { keys: [{ kid }, { kid: before }] } });
    await server.stop();
  });
});

describe('--help', () => {
  it.each([
    [],
    ['serve'],
    ['migrate'],
    ['token'],
    ['client'],
    ['client', 'create'],
    ['client', 'list'],
    ['client', 'rotate-secret'],
    ['client', 'delete'],
    ['keys'],
    ['keys', 'rotate'],
  ])('has an example: vestibule %s %s', async (...command) => {
    const outcome = await checkout.vestibule([...command.filter(Boolean), '--help']).ended;
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.stdout).toMatch(/^Usage: vestibule/);
    expect(outcome.stdout).toMatch(/Example:\n {2}\$ .*npx vestibule/);
  });
});

describe('A start that cannot succeed', () => {
  it.each([
    [{ PORT: 'http' }, /^PORT: got "http", takes a whole number from 0 to 65535\n$/],
    [{ PORT: '70000' }, /^PORT: got "70000", takes .+\n$/],
    [{ TRUSTED_PROXIES: '10.0.0.0/33' }, /^TRUSTED_PROXIES: got "10.0.0.0\/33", takes addresses .+\n$/],
    [{ LOG_LEVEL: 'loud' }, /^LOG_LEVEL: got "loud", takes one of .+\n$/],
    [{ DATABASE_URL: 'mysql://root:hunter2@db/x' }, /^DATABASE_URL: got "\(hidden\)", takes a URL such as .+\n$/],
    [{ TLS_CERT_FILE: '/no/such/file' }, /^TLS_CERT_FILE: got "\/no\/such\/file", takes .+\n$/],
    [{ NODE_ENV: 'production' }, /^DATABASE_URL: got "", takes .+\n$/],
    [{ NODE_ENV: 'production', DATABASE_URL: 'postgresql://127.0.0.1:1/none' }, /^ENCRYPTION_KEY: got "", takes .+\n$/],
    [{ AUTH_AUDIENCE: 'x' }, /^AUTH_AUDIENCE: got "x", takes .+\n$/],
  ])('says in one line what is wrong with %j', async (bad, line) => {
    const outcome = await checkout.server(bad).ended;
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(line);
  });

  it.each(['PORT', 'TLS_PORT'])('says in one line that its %s is taken', async (variable) => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const outcome = await checkout.server({ ...env, [variable]: String(port) }).ended;
    expect(outcome).toMatchObject({
      code: 1,
      stderr: `${variable}: got "${port}", takes a port that no other program uses on 127.0.0.1\n`,
    });
    other.close();
  });

  it.each(['no-such-host.invalid', '192.0.2.1', 'not a host'])(
    'says in one line that HOST=%s is not its',
    async (host) => {
      expect(await checkout.server({ ...env, HOST: host }).ended).toMatchObject({
        code: 1,
        stderr: `HOST: got "${host}", takes an address of this machine, or a name that has one\n`,
      });
    },
  );

  it('says in one line that a file is no certificate', async () => {
    const files = { TLS_CERT_FILE: 'package.json', TLS_KEY_FILE: 'package.json' };
    expect(await checkout.server({ ...env, ...files }).ended).toMatchObject({
      code: 1,
      stdout: '',
      stderr: 'TLS_CERT_FILE: got "package.json", takes the path of a certificate in PEM\n',
    });
  });

  it('says in one line that the database refuses', async () => {
    const url = new URL(database.url);
    url.password = 'wrong';
    const outcome = await checkout.server({ ...env, DATABASE_URL: url.href }).ended;
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(/^The database at 127\.0\.0\.1:\d+ refuses: .+\n$/);
    expect(outcome.stderr).not.toContain('wrong');
  });

  it.each([
    ['that is not there', 'nowhere', 'none'],
    ['other than public', 'pg_catalog', 'pg_catalog'],
  ])('says in one line that the search path leads to a schema %s', async (_, searchPath, schema) => {
    const url = new URL(database.url);
    url.searchParams.set('options', `-c search_path=${searchPath}`);
    for (const command of [['serve'], ['migrate']]) {
      expect(await checkout.vestibule(command, { ...env, DATABASE_URL: url.href }).ended).toEqual({
        code: 1,
        signal: null,
        stdout: '',
        stderr: `The database at ${url.host} refuses: the search path must lead to the schema public, and leads to ${schema}\n`,
      });
    }
  });

  it('says in one line that a schema cannot be chosen', async () => {
    const outcome = await checkout.server({ ...env, DATABASE_URL: `${database.url}?schema=auth` }).ended;
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(/^DATABASE_URL: got "\(hidden\)", takes a URL without \?schema=.+\n$/);
  });

  it('gives up in one line when the time for a database to answer is over', async () => {
    const port = await freePort();
    const url = `postgresql://me:secret@127.0.0.1:${port}/x`;
    const started = Date.now();
    const outcome = await checkout.hurriedServer({ database: 2_000 }, { ...env, DATABASE_URL: url }).ended;
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(/^The database at 127\.0\.0\.1:\d+ has not answered for 2 s: .+\n$/);
    expect(Date.now() - started).toBeGreaterThanOrEqual(2_000);
  });
});

describe('A server with a DATABASE_URL', () => {
  it.each([
    ['127.0.0.2', '127.0.0.2'],
    ['::1', 'localhost'],
    ['localhost', 'localhost'],
  ])('says where it listens with HOST=%s, and what it prints works', async (host, name) => {
    const server = checkout.server({ ...env, HOST: host });
    const { http, https } = await server.listening();
    expect([http, https].map((origin) => new URL(origin).hostname)).toEqual([name, name]);
    const [, token, curl] = await server.says(/^ {2}(TOKEN=.+)\n {2}(curl .+)$/m);
    const tried = await checkout.spawn(['bash', '-c', `${token}\n${curl}`], env).ended;
    expect(tried.code).toBe(0);
    expect(JSON.parse(tried.stdout)).toEqual([
      expect.objectContaining({ name: 'Username-Password-Authentication', strategy: 'auth0' }),
    ]);
    await server.stop();
  });

  it('waits for a database that comes up late', async () => {
    const { hostname, port } = new URL(database.url);
    let isUp = false;
    let turnedAway = 0;
    const sockets = new Set<Socket>();
    const cable = createServer((near) => {
      sockets.add(near.on('error', () => undefined));
      if (!isUp) {
        // Twice nobody is there; the next attempt finds it.
        isUp = ++turnedAway === 2;
        near.destroy();
        return;
      }
      const far = connect({ host: hostname, port: Number(port) }).on('error', () => undefined);
      sockets.add(far);
      near.pipe(far).pipe(near);
    }).listen(0, '127.0.0.1');
    await once(cable, 'listening');
    const url = new URL(database.url);
    url.port = String((cable.address() as AddressInfo).port);

    const server = checkout.server({ ...env, DATABASE_URL: url.href });
    const { http } = await server.listening();
    expect(turnedAway).toBe(2);
    expect(await answer(`${http}/health/ready`)).toEqual({ status: 200, body: { status: 'ok' } });
    expect(await server.stop()).toMatchObject({ code: 0 });
    for (const socket of sockets) socket.destroy();
    cable.close();
  });

  it.each([
    ['says nothing', 'SIGTERM', () => undefined],
    ['turns it away', 'SIGTERM', (socket: Socket) => socket.destroy()],
    ['turns it away', 'SIGINT', (socket: Socket) => socket.destroy()],
  ] as const)('ends at once while it waits for a database that %s, on %s', async (_, signal, receive) => {
    const database = createServer(receive).listen(0, '127.0.0.1');
    await once(database, 'listening');
    const { port } = database.address() as AddressInfo;
    const server = checkout.server({ ...env, DATABASE_URL: `postgresql://me:secret@127.0.0.1:${port}/x` });
    await once(database, 'connection');
    const signalled = Date.now();
    expect(await server.stop(signal)).toMatchObject({ code: 0, signal: null, stderr: '' });
    expect(Date.now() - signalled).toBeLessThan(3_000);
    database.close();
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'finishes the requests under way on %s, takes no more, and ends',
    async (signal) => {
      const server = checkout.server(env);
      const { http } = await server.listening();
      const token = (await checkout.vestibule(['token'], env).ended).stdout.trim();
      const headers = { ...bearer(token).headers, 'content-type': 'application/json' };
      const organizations = `${http}/api/v2/organizations`;
      const name = `org-${signal.toLowerCase()}`;
      const made = await answer(organizations, { method: 'POST', headers, body: JSON.stringify({ name }) });
      const { id } = made.body as { id: string };

      // The update waits for this lock, and so is under way for as long as the test likes.
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      await client.query('BEGIN');
      await client.query('SELECT FROM organizations WHERE id = $1 FOR UPDATE', [id]);
      const underWay = answer(`${organizations}/${id}`, { method: 'PATCH', headers, body: '{"display_name":"Acme"}' });
      for (let waiting = 0; waiting === 0;) {
        const { rows } = await client.query<{ count: number }>(
          "SELECT count(*)::int FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'",
        );
        waiting = rows[0]!.count;
      }

      server.signal(signal);
      // From now on nobody new gets in.
      for (let listening = true; listening;) {
        listening = await fetch(`${http}/health/live`, { headers: { connection: 'close' } }).then(
          (response) => response.ok,
          () => false,
        );
      }
      expect(server.hasEnded).toBe(false);
      const released = Date.now();
      await client.query('COMMIT');
      await client.end();
      expect(await underWay).toEqual({ status: 200, body: { ...(made.body as object), display_name: 'Acme' } });
      expect(await server.ended).toMatchObject({ code: 0, signal: null, stderr: '' });
      // At once, and not when its patience with open connections is over.
      expect(Date.now() - released).toBeLessThan(5_000);
    },
  );
});

describe('The log', () => {
  let migrated: TestDatabase;
  beforeAll(async () => {
    migrated = await createDatabase();
  });
  afterAll(() => migrated.drop());
  const onMigrated = () => ({ ...env, DATABASE_URL: migrated.url });

  /** The lines of it, but for their time. */
  const readLog = (stdout: string) =>
    stdout
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => ({ ...(JSON.parse(line) as Record<string, unknown>), time: undefined }));

  it('says in production, and alone, what was migrated, where it listens and that it stops', async () => {
    const empty = await createDatabase('template0');
    const { host, pathname } = new URL(empty.url);
    const production = { ...env, DATABASE_URL: empty.url, ENCRYPTION_KEY, NODE_ENV: 'production', HOST: '127.0.0.1' };
    const migrations = (await readdir('prisma/migrations')).filter((name) => /^\d/.test(name)).sort();
    for (const pending of [migrations, []]) {
      const server = checkout.server(production);
      await server.says(/"listening"/);
      const { code, stdout } = await server.stop();
      expect(code).toBe(0);
      expect(stdout).not.toMatch(/^[^{]/m);
      expect(readLog(stdout)).toEqual([
        ...pending.map((migration) => ({ level: 30, migration, msg: 'migration applied' })),
        {
          level: 30,
          host: '127.0.0.1',
          httpPort: expect.any(Number) as number,
          database: `Postgres at ${host}${pathname}`,
          msg: 'listening',
        },
        { level: 30, signal: 'SIGTERM', msg: 'stopping' },
      ]);
    }
    await empty.drop();
  });

  it('leaves out elsewhere where the server listens, which was said in plain words', async () => {
    const server = checkout.server(onMigrated());
    await server.listening();
    expect(readLog((await server.stop('SIGINT')).stdout)).toEqual([{ level: 30, signal: 'SIGINT', msg: 'stopping' }]);
  });

  it('warns when requests are cut off because they take longer than the server waits for them', async () => {
    const server = checkout.hurriedServer({ shutdown: 500 }, onMigrated());
    const { http } = await server.listening();
    const token = (await checkout.vestibule(['token'], onMigrated()).ended).stdout.trim();
    const socket = connect(Number(new URL(http).port), '127.0.0.1').on('error', () => undefined);
    socket.write(
      `POST /api/v2/organizations HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${token}\r\n` +
        'Content-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n',
    );
    // The server asks for the body, and so is in the middle of the request.
    await once(socket, 'data');
    const { code, stdout } = await server.stop();
    expect(code).toBe(0);
    expect(readLog(stdout)).toEqual([
      { level: 30, signal: 'SIGTERM', msg: 'stopping' },
      { level: 40, milliseconds: 500, msg: 'requests cut off' },
    ]);
    socket.destroy();
  });
});

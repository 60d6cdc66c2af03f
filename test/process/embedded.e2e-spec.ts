import { X509Certificate } from 'node:crypto';
import { access, chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Checkout, hasEnded, isAlive, isRoot, NOBODY, type CheckoutOptions, type Command } from './checkout.js';
import { freePort } from './ports.js';

/** Where the server says that its database lies, and the process of it. */
async function postgresOf(server: Command): Promise<{ home: string; pid: number }> {
  const [, home] = await server.says(/^Database: embedded Postgres in (.+)$/m);
  const [pid] = (await readFile(join(home!, 'postgres', 'postmaster.pid'), 'utf8')).split('\n');
  return { home: home!, pid: Number(pid) };
}

async function callApi(origin: string, token: string, method = 'GET', body?: object): Promise<unknown> {
  const response = await fetch(`${origin}/api/v2/organizations`, {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: body && JSON.stringify(body),
  });
  return response.json();
}

async function tokenOf(checkout: Checkout, env: Record<string, string>): Promise<string> {
  return (await checkout.vestibule(['token'], env).ended).stdout.trim();
}

const PORTS = { PORT: '0', TLS_PORT: '0' };

describe('A server without a DATABASE_URL', () => {
  let checkout: Checkout;
  let env: { PORT: string; TLS_PORT: string };

  beforeAll(async () => {
    checkout = await Checkout.create();
    const [port, tlsPort] = await Promise.all([freePort(), freePort()]);
    env = { PORT: String(port), TLS_PORT: String(tlsPort) };
  });
  afterAll(() => checkout.remove());

  it('says where it listens and what to try next, and that works as printed', async () => {
    const server = checkout.server(env);
    expect(await server.listening()).toEqual({
      http: `http://localhost:${env.PORT}`,
      https: `https://localhost:${env.TLS_PORT}`,
    });
    const [, token, curl] = await server.says(/^ {2}(TOKEN=.+)\n {2}(curl .+)$/m);
    const tried = await checkout.spawn(['bash', '-c', `${token}\n${curl}`], env).ended;
    expect(tried).toMatchObject({ code: 0 });
    expect(JSON.parse(tried.stdout)).toEqual([
      expect.objectContaining({ name: 'Username-Password-Authentication', strategy: 'auth0' }),
    ]);
    await server.stop();
  });

  it('keeps its data and its certificate between two starts', async () => {
    const first = checkout.server(env);
    const { http } = await first.listening();
    const token = await tokenOf(checkout, env);
    const made = await callApi(http, token, 'POST', { name: 'acme' });
    const certificate = await readFile(join(checkout.data, 'tls', 'cert.pem'), 'utf8');
    await first.stop();

    const second = checkout.server(env);
    await second.listening();
    expect(await callApi(http, token)).toEqual([made]);
    expect(await readFile(join(checkout.data, 'tls', 'cert.pem'), 'utf8')).toBe(certificate);
    await second.stop();
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('leaves no process behind after %s', async (signal) => {
    const server = checkout.server(env);
    await server.listening();
    const { pid } = await postgresOf(server);
    expect(await isAlive(pid)).toBe(true);
    expect(await server.stop(signal)).toMatchObject({ code: 0, signal: null, stderr: '' });
    await server.groupHasEnded();
    await hasEnded(pid);
  });

  it('starts again after kill -9, with the data, and stops what the killed one left running', async () => {
    const killed = checkout.server(env);
    const { http } = await killed.listening();
    const token = await tokenOf(checkout, env);
    const before = await callApi(http, token);
    const { pid } = await postgresOf(killed);
    expect(await killed.stop('SIGKILL')).toMatchObject({ signal: 'SIGKILL' });
    expect(await isAlive(pid)).toBe(true);

    const next = checkout.server(env);
    await next.listening();
    expect(await callApi(http, token)).toEqual(before);
    expect(await next.stop()).toMatchObject({ code: 0 });
    await hasEnded(pid);
  });

  it('starts again after kill -9 at any moment of its start', async () => {
    const fresh = await Checkout.create();
    try {
      const moments = [() => access(fresh.data), () => access(join(fresh.data, 'password')), undefined];
      for (const reached of moments) {
        const killed = fresh.server(PORTS);
        while (
          reached &&
          (await reached().then(
            () => false,
            () => true,
          ))
        )
          await new Promise(setImmediate);
        if (!reached) await killed.says(/^Database/m);
        await killed.stop('SIGKILL');
      }
      const server = fresh.server(PORTS);
      await server.listening();
      const { pid } = await postgresOf(server);
      expect(await server.stop()).toMatchObject({ code: 0 });
      await hasEnded(pid);
    } finally {
      await fresh.remove();
    }
  });

  it('shares its database with a second server, which keeps it when the first stops', async () => {
    const [first, second] = [checkout.server(env), checkout.server(PORTS)];
    const [, { http }] = await Promise.all([first.listening(), second.listening()]);
    const { pid } = await postgresOf(first);
    expect(await first.stop()).toMatchObject({ code: 0 });
    expect(await callApi(http, await tokenOf(checkout, PORTS))).toEqual([expect.objectContaining({ name: 'acme' })]);
    expect(await second.stop()).toMatchObject({ code: 0 });
    await hasEnded(pid);
  });

  it('keeps its key to itself, and ca.pem vouches for its certificate', async () => {
    const server = checkout.server(env);
    await server.listening();
    const folder = join(checkout.data, 'tls');
    expect((await stat(join(folder, 'key.pem'))).mode & 0o777).toBe(0o600);
    const [authority, certificate] = await Promise.all(
      ['ca.pem', 'cert.pem'].map(async (name) => new X509Certificate(await readFile(join(folder, name)))),
    );
    expect(certificate!.verify(authority!.publicKey)).toBe(true);
    for (const host of ['localhost', '127.0.0.1']) {
      expect(await getOverTls(host, env.TLS_PORT, await readFile(join(folder, 'ca.pem')))).toBe(200);
    }
    await server.stop();
  });

  it('presents TLS_CERT_FILE instead when there is one', async () => {
    const folder = join(checkout.data, 'tls');
    const own = join(checkout.folder, 'own');
    await mkdir(own);
    const made = await checkout.spawn(
      ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
       '-subj', '/CN=vestibule.example', '-addext', 'subjectAltName=DNS:localhost', '-keyout', join(own, 'key.pem'), '-out', join(own, 'cert.pem')],
    ).ended; // prettier-ignore
    expect(made).toMatchObject({ code: 0 });
    const files = { TLS_CERT_FILE: join(own, 'cert.pem'), TLS_KEY_FILE: join(own, 'key.pem') };
    const server = checkout.server({ ...env, ...files });
    await server.listening();
    expect(await getOverTls('localhost', env.TLS_PORT, await readFile(files.TLS_CERT_FILE))).toBe(200);
    await expect(getOverTls('localhost', env.TLS_PORT, await readFile(join(folder, 'ca.pem')))).rejects.toMatchObject({
      code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
    await server.stop();
  });

  it('is stopped by a signal to npm start, which leaves nothing behind', async () => {
    const npm = checkout.spawn(['npm', 'start'], env);
    await npm.listening();
    const { pid } = await postgresOf(npm);
    await npm.stop();
    await npm.groupHasEnded();
    await hasEnded(pid);
  });
});

const elsewhere: [who: string, options: CheckoutOptions][] = isRoot
  ? [
      ['as root in a folder that nobody else may enter', { parentMode: 0o700 }],
      ['as an ordinary user in a folder of its own', { account: NOBODY, parentMode: 0o700 }],
    ]
  : [['in a folder that nobody else may enter', { parentMode: 0o700 }]];

describe.each(elsewhere)('A server without a DATABASE_URL, %s', (_, options) => {
  it('starts, serves, starts again, and leaves no process behind', async () => {
    const checkout = await Checkout.create(options);
    // As on a machine where it never ran. The checkout has what the tests themselves run on, links included.
    const state = await mkdtemp(join(tmpdir(), 'vestibule-state-'));
    const { uid, gid } = options.account ?? { uid: process.getuid!(), gid: process.getgid!() };
    await chown(state, uid, gid);
    await chmod(state, 0o755);
    const env = { ...PORTS, STATE_DIRECTORY: state };
    try {
      for (const expected of [[], [expect.objectContaining({ name: 'acme' })]]) {
        const server = checkout.server(env);
        const { http } = await server.listening();
        const { pid } = await postgresOf(server);
        const token = await tokenOf(checkout, env);
        expect(await callApi(http, token)).toEqual(expected);
        if (expected.length === 0) await callApi(http, token, 'POST', { name: 'acme' });
        expect(await server.stop()).toMatchObject({ code: 0, stderr: '' });
        await hasEnded(pid);
        await breakLinks(state);
      }
    } finally {
      await checkout.remove();
      await rm(state, { recursive: true, force: true });
    }
  });
});

/** Lets the libraries of a copied Postgres lead nowhere, as when they led into a checkout that was removed. */
async function breakLinks(state: string): Promise<void> {
  const copy = (await readdir(state)).find((name) => name.startsWith('postgres-'));
  if (copy === undefined) return;
  const libraries = join(state, copy, 'native', 'lib');
  const entries = await readdir(libraries, { withFileTypes: true });
  for (const link of entries.filter((entry) => entry.isSymbolicLink()).map(({ name }) => join(libraries, name))) {
    await rm(link);
    await symlink('/nowhere', link);
  }
}

/** The status of an answer whose certificate is good for the host. */
function getOverTls(host: string, port: string, ca: Buffer): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request({ host, port, path: '/health/live', ca, agent: false }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    })
      .on('error', reject)
      .end();
  });
}

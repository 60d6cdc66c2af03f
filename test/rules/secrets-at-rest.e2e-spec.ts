import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { NestFactory } from '@nestjs/core';
import { decodeProtectedHeader, type JWK } from 'jose';
import { AppModule } from '../../src/app.module.js';
import { createPool } from '../../src/database/pool.js';
import { EncryptionService } from '../../src/encryption/encryption.service.js';
import { expectAnswer } from '../support/answers.js';
import { startApp, testConfig, useApp, type TestApp, type TestAppOptions } from '../support/app.js';
import { askForToken, createClient } from '../support/clients.js';
import { contentsOf } from '../support/contents.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { keyOf } from '../support/encryption.js';
import { refusals } from '../support/errors.js';
import {
  addDiscoveryDomain,
  createConnection,
  createEnabled,
  uniqueName,
  type CreatedConnection,
} from '../support/factories.js';
import { marker, optionsWithSecrets } from '../support/secrets.js';

describe('A database at rest', () => {
  const app = useApp();

  it('holds no secret of a connection, however it was created or changed, and reads return them as sent', async () => {
    const planted: string[] = [];
    const plant = () => {
      const { options, secrets } = optionsWithSecrets();
      planted.push(...secrets);
      return options;
    };
    const made = plant();
    const connection = await createConnection(app.api, 'oidc', { options: made });
    const path = `/connections/${connection.id}`;
    expect(JSON.stringify((await app.api.get<{ options: object }>(path)).body.options)).toBe(JSON.stringify(made));

    const changed = plant();
    const patched = await app.api.patch<{ options: object }>(path, { options: changed });
    expect(JSON.stringify(patched.body.options)).toBe(JSON.stringify(changed));
    const listed = await app.api.get<CreatedConnection[]>(`/connections?name=${connection.name}`);
    expectAnswer(listed, { status: 200, body: [patched.body] });
    const { body: page } = await app.api.get<{ connections: object[] }>('/connections?take=100');
    expect(page.connections).toContainEqual(patched.body);

    // The stored answers of idempotency keys.
    const headers = { 'idempotency-key': randomUUID() };
    const repeated = {
      method: 'POST',
      path: '/connections',
      body: { name: uniqueName('con'), strategy: 'oidc', options: plant() },
    };
    const first = await app.api.sendWrite(repeated, headers);
    const second = await app.api.sendWrite(repeated, headers);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expectAnswer(second, { status: 201, body: first.body });

    const contents = await contentsOf(app);
    expect(contents).toContain('readable');
    for (const secret of planted) expect(contents).not.toContain(secret);
    expect(JSON.stringify(app.log)).not.toMatch(/marker[0-9a-f]{24}/);
  });

  it('holds the public half of a signing key alone, which goes on to sign', async () => {
    const [row] = await app.sql<{ private_jwk: JWK; private_jwe: string; key_id: string }>(
      'SELECT * FROM signing_keys',
    );
    expect(Object.keys(row!.private_jwk).sort()).toEqual(['e', 'kty', 'n']);
    expect(decodeProtectedHeader(row!.private_jwe)).toEqual({ alg: 'dir', enc: 'A256GCM', kid: row!.key_id });
    const { body } = await askForToken(app, await createClient(app, ['read:connections']));
    expect((await app.api.as(body.access_token).get('/connections')).status).toBe(200);
  });

  it('tells no two connections by the secret that they share, and shows that a secret was changed', async () => {
    const options = { client_id: 'a', client_secret: marker() };
    const [one, two] = [
      await createConnection(app.api, 'oidc', { options }),
      await createConnection(app.api, 'oidc', { options }),
    ];
    const kept = async ({ id }: CreatedConnection) =>
      (await app.sql<{ options: typeof options }>('SELECT options FROM connections WHERE id = $1', [id]))[0]!.options;
    const before = await kept(one);
    expect(before).toEqual({ client_id: 'a', client_secret: expect.stringMatching(/^encrypted:/) as string });
    expect((await kept(two)).client_secret).not.toBe(before.client_secret);
    await app.api.patch(`/connections/${one.id}`, { options });
    expect(await kept(one)).toEqual(before);
    await app.api.patch(`/connections/${one.id}`, { options: { ...options, client_secret: marker() } });
    expect((await kept(one)).client_secret).not.toBe(before.client_secret);
  });
});

describe('Options with secrets', () => {
  const app = useApp();
  const secretsOf = async ({ id }: CreatedConnection) =>
    (await app.sql('SELECT FROM connection_secrets WHERE connection_id = $1', [id])).length;

  it('are replaced as a whole, and others are left alone', async () => {
    const connection = await createConnection(app.api, 'oidc', { options: { client_id: 'a', client_secret: 's' } });
    const path = `/connections/${connection.id}`;
    const as = (changes: object) => ({ status: 200, body: { ...connection, ...changes } });

    expectAnswer(await app.api.patch(path, { display_name: 'A' }), as({ display_name: 'A' }));
    expectAnswer(await app.api.get(path), as({ display_name: 'A' }));
    const other = { display_name: 'A', options: { client_id: 'b', app_secret: 't' } };
    expectAnswer(await app.api.patch(path, { options: other.options }), as(other));
    expectAnswer(await app.api.get(path), as(other));
    expect(await secretsOf(connection)).toBe(1);
    const none = { display_name: 'A', options: { client_id: 'c' } };
    expectAnswer(await app.api.patch(path, { options: none.options }), as(none));
    expectAnswer(await app.api.get(path), as(none));
    expect(await secretsOf(connection)).toBe(0);
    expectAnswer(await app.api.patch(path, { display_name: 'B' }), as({ ...none, display_name: 'B' }));
  });

  it('go with their connection', async () => {
    const connection = await createConnection(app.api, 'oidc', { options: { client_secret: 's' } });
    expect(await secretsOf(connection)).toBe(1);
    expect((await app.api.delete(`/connections/${connection.id}`)).status).toBe(202);
    expect(await secretsOf(connection)).toBe(0);
  });

  it('are kept by nobody who changes another version than is there', async () => {
    const connection = await createConnection(app.api, 'oidc', { options: { client_secret: 's' } });
    const path = `/connections/${connection.id}`;
    const change = { method: 'PATCH', path, body: { options: { client_secret: 't' } } };
    expect((await app.api.sendWrite(change, { 'if-match': '"0"' })).status).toBe(412);
    expectAnswer(await app.api.get(path), { status: 200, body: connection });
  });

  it('are of one writer alone, of two at once', async () => {
    const options = (name: string) => ({ [name]: 'x', client_secret: name, nested: { api_key: name } });
    const connection = await createConnection(app.api, 'oidc', { options: options('none') });
    const path = `/connections/${connection.id}`;
    for (let round = 0; round < 10; round++) {
      const names = [`a${round}`, `b${round}`];
      const writes = names.map((name) => app.api.patch(path, { options: options(name) }));
      const reads = names.map(() => app.api.get<{ options: Record<string, string> }>(path));
      for (const { status } of await Promise.all(writes)) expect(status).toBe(200);
      for (const { body } of [
        ...(await Promise.all(reads)),
        await app.api.get<{ options: Record<string, string> }>(path),
      ]) {
        expect(body.options).toEqual(options(body.options['client_secret']!));
      }
    }
  });

  it('are not taken as a placeholder from the database', async () => {
    const connection = await createConnection(app.api, 'oidc', {
      options: { signingKey: { key: 'k' }, a: [{ secret: 's' }] },
    });
    const [{ options } = { options: {} }] = await app.sql<{ options: object }>(
      'SELECT options FROM connections WHERE id = $1',
      [connection.id],
    );
    const refused = refusals.invalidBody(
      "'Expected a secret but found a placeholder of one' on property options.signingKey",
    );
    expectAnswer(await app.api.patch(`/connections/${connection.id}`, { options }), refused);
    expectAnswer(await app.api.post('/connections', { name: uniqueName('con'), strategy: 'oidc', options }), refused);
    expectAnswer(await app.api.get(`/connections/${connection.id}`), { status: 200, body: connection });
  });

  it('are an error and not shown as something else, when they are lost or changed', async () => {
    const lost = await createConnection(app.api, 'oidc', { options: { client_secret: 's' } });
    await app.sql('DELETE FROM connection_secrets WHERE connection_id = $1', [lost.id]);
    expect((await app.api.get(`/connections/${lost.id}`)).status).toBe(500);
    const changed = await createConnection(app.api, 'oidc', { options: { client_secret: 's' } });
    await app.sql("UPDATE connection_secrets SET jwe = jwe || 'A' WHERE connection_id = $1", [changed.id]);
    expect((await app.api.get(`/connections/${changed.id}`)).status).toBe(500);
    await app.sql('DELETE FROM connections WHERE id = ANY($1)', [[lost.id, changed.id]]);
  });

  it('decide a sign-in no less than options without', async () => {
    const { organization, connection } = await createEnabled(app.api, 'oidc');
    const domain = `${uniqueName('domain')}.example.com`;
    await addDiscoveryDomain(app.api, organization.id, { domain, status: 'verified' });
    const find = async () =>
      (await app.api.post<{ connection: { id: string } | null }>('/login/discover', { email: `ada@${domain}` })).body;
    expect((await find()).connection).toBeNull();
    await app.api.patch(`/connections/${connection.id}`, { options: { client_secret: 's', domain_aliases: [domain] } });
    expect((await find()).connection).toMatchObject({ id: connection.id });
  });
});

const OLD = keyOf('the old one');
const NEW = keyOf('the new one');

/** What `vestibule keys rotate --encryption` does, in this process. */
async function rotate(databaseUrl: string, keys: string) {
  const module = AppModule.forRoot(
    testConfig(databaseUrl, { ENCRYPTION_KEY: keys }),
    createPool(databaseUrl, { max: 2, waitMs: 10_000 }),
  );
  const context = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
  try {
    return await context.get(EncryptionService).rotate();
  } finally {
    await context.close();
  }
}

describe('Another key', () => {
  let database: TestDatabase;
  let running: { app: TestApp; stop: () => Promise<void> }[];
  beforeEach(async () => {
    database = await createDatabase();
    running = [];
  });
  afterEach(async () => {
    for (const { stop } of running) await stop();
    await database.drop();
  });

  async function start(keys: string, options: TestAppOptions = {}): Promise<TestApp> {
    const own = { url: database.url, drop: () => Promise.resolve() };
    const started = await startApp({ ...options, env: { ENCRYPTION_KEY: keys }, database: own });
    running.push(started);
    return started.app;
  }

  it.each([
    ['after the first one', OLD, NEW],
    ['after a rotation', `${NEW},${OLD}`, OLD],
  ])('is refused at the start in one line %s, whether there is anything encrypted or not', async (_, used, wrong) => {
    await start(used);
    if (used !== OLD) await rotate(database.url, used);
    await expect(start(wrong)).rejects.toThrow(
      /^ENCRYPTION_KEY: got "the key [0-9a-f]{16}", takes the key [0-9a-f]{16} too, with which this database is encrypted$/,
    );
  });

  it('is one, of two that come first at once', async () => {
    const starts = await Promise.allSettled([start(OLD), start(NEW)]);
    expect(starts.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });

  it('takes over while two servers serve, and no request fails or reads anything else', async () => {
    const before = await start(OLD);
    const options = { client_id: 'a', client_secret: 's', nested: [{ api_key: 'k' }] };
    const connections: CreatedConnection[] = [];
    for (let count = 0; count < 30; count++) {
      connections.push(await createConnection(before.api, 'oidc', { options: { ...options, count } }));
    }
    const credentials = await createClient(before, ['read:connections', 'update:connections']);

    // As a deployment goes: first everybody can read the new key, then everybody writes with it.
    const servers = [await start(`${OLD},${NEW}`), await start(`${NEW},${OLD}`), await start(`${NEW},${OLD}`)];
    const [first, ...last] = servers.map(({ api }) => api.as(before.api.token));
    await first!.patch(`/connections/${connections[0]!.id}`, { display_name: 'By the first', options });
    await last[0]!.patch(`/connections/${connections[1]!.id}`, { display_name: 'By the last', options });
    for (const api of [first!, ...last]) {
      for (const { id } of connections.slice(0, 2)) {
        expect((await api.get<{ options: object }>(`/connections/${id}`)).body.options).toEqual(options);
      }
    }

    const rows = (app: TestApp) => app.sql('SELECT id, version, options::text FROM connections ORDER BY id');
    const stopped = new AbortController();
    const load = last.map(async (api, server) => {
      let requests = 0;
      for (; !stopped.signal.aborted; requests++) {
        const { id } = connections[requests % connections.length]!;
        const path = `/connections/${id}`;
        const changed = { ...options, requests, client_secret: `${server} ${requests}` };
        const answer =
          requests % 3 === 0
            ? await api.patch<{ options: object }>(path, { options: changed })
            : await api.get<{ options: object }>(path);
        expect(answer.status).toBe(200);
        expect(answer.body.options).toMatchObject({ client_id: 'a', nested: [{ api_key: 'k' }] });
        if (requests % 3 === 0) expect(answer.body.options).toEqual(changed);
        if (requests % 10 === 0) expect((await askForToken(servers[1 + server]!, credentials)).status).toBe(200);
      }
      return requests;
    });
    const { reEncrypted } = await rotate(database.url, `${NEW},${OLD}`);
    stopped.abort();
    for (const requests of await Promise.all(load)) expect(requests).toBeGreaterThan(0);
    expect(reEncrypted).toBeGreaterThan(0);
    for (const app of servers) expect(app.log.filter(({ level }) => (level as number) >= 50)).toEqual([]);

    // The old key is needed no more, and nothing was changed by another encryption.
    const atRest = await rows(before);
    const after = await start(NEW);
    expect(await rotate(database.url, NEW)).toMatchObject({ reEncrypted: 0 });
    expect(await rows(before)).toEqual(atRest);
    for (const { id } of connections) {
      const path = `/connections/${id}`;
      expectAnswer(
        await after.api.as(before.api.token).get(path),
        await last[0]!.get(path).then(({ status, body }) => ({ status, body })),
      );
    }
    expect((await askForToken(after, credentials)).status).toBe(200);
    await expect(start(OLD)).rejects.toThrow('ENCRYPTION_KEY');
  });

  it('is not written with any more by a server that has missed the rotation', async () => {
    const old = await start(OLD);
    const connection = await createConnection(old.api, 'oidc', { options: { client_secret: 's' } });
    await rotate(database.url, `${NEW},${OLD}`);
    const path = `/connections/${connection.id}`;
    expect((await old.api.get(path)).status).toBe(500);
    expect((await old.api.patch(path, { options: { client_secret: 't' } })).status).toBe(500);
    expectAnswer(await (await start(NEW)).api.get(path), { status: 200, body: connection });
  });

  it('is what everything else goes on with when the first one is lost, as docs/operating.md has it', async () => {
    const before = await start(OLD);
    const [kept, hidden] = [{ client_id: 'a' }, { client_id: 'b', client_secret: 's' }];
    const plain = await createConnection(before.api, 'oidc', { options: kept });
    const secret = await createConnection(before.api, 'oidc', { options: hidden });
    const [, sql] = /### A lost key[^]*?```sql\n([^]*?)```/.exec(await readFile('docs/operating.md', 'utf8'))!;
    await before.sql(sql!);

    const { api } = await start(NEW);
    expectAnswer(await api.get(`/connections/${plain.id}`), { status: 200, body: plain });
    const path = `/connections/${secret.id}`;
    expectAnswer(await api.get(path), { status: 200, body: { ...secret, options: {} } });
    expectAnswer(await api.patch(path, { options: hidden }), { status: 200, body: secret });
    expectAnswer(await api.get(path), { status: 200, body: secret });
  });
});

import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { keyOf } from '../support/encryption.js';
import { Checkout } from './checkout.js';

const NEW = keyOf('another');

describe('The encryption key of a checkout', () => {
  let checkout: Checkout;
  let database: TestDatabase;
  let env: Record<string, string>;
  let keyFile: string;
  beforeEach(async () => {
    [checkout, database] = await Promise.all([Checkout.create(), createDatabase()]);
    env = { PORT: '0', TLS_PORT: '0', DATABASE_URL: database.url };
    keyFile = join(checkout.data, 'encryption.key');
  });
  afterEach(async () => {
    await checkout.remove();
    await database.drop();
  });

  const vestibule = (args: string[], more: Record<string, string> = {}) =>
    checkout.vestibule(args, { ...env, ...more }).ended;
  const sql = async (text: string) => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query<Record<string, unknown>>(text);
    await client.end();
    return rows;
  };

  it('is made once, for its owner alone, also by processes that start at once', async () => {
    const servers = [checkout.server(env), checkout.server(env), checkout.server(env)];
    await Promise.all(servers.map((server) => server.listening()));
    const key = await readFile(keyFile, 'utf8');
    expect(Buffer.from(key, 'base64')).toHaveLength(32);
    expect((await stat(keyFile)).mode & 0o777).toBe(0o600);
    expect((await readdir(checkout.data)).filter((name) => name.startsWith('encryption'))).toEqual(['encryption.key']);
    expect(await sql('SELECT FROM encryption_keys')).toHaveLength(1);
    expect((await vestibule(['token'])).code).toBe(0);
    for (const server of servers) expect(await server.stop()).toMatchObject({ code: 0, stderr: '' });
    expect(await readFile(keyFile, 'utf8')).toBe(key);
  });

  it('is not made anew in place of something else', async () => {
    expect((await vestibule(['token'])).code).toBe(0);
    await writeFile(keyFile, 'what is this');
    const outcome = await checkout.server(env).ended;
    expect(outcome).toMatchObject({ code: 1, stdout: '' });
    expect(outcome.stderr).toMatch(/^\S+\/encryption\.key: got "\(hidden\)", takes 32 random bytes in base64.*\n$/);
    expect(await readFile(keyFile, 'utf8')).toBe('what is this');
  });

  it('gives way to another by "keys rotate --encryption", and nothing starts with the wrong one', async () => {
    const token = (await vestibule(['token'])).stdout;
    const old = (await readFile(keyFile, 'utf8')).trim();

    const takes = 'takes the key [0-9a-f]{16} too, with which this database is encrypted\\n$';
    const wrong = {
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(`^ENCRYPTION_KEY: got "the key [0-9a-f]{16}", ${takes}`) as string,
    };
    for (const args of [['serve'], ['token'], ['keys', 'rotate'], ['keys', 'rotate', '--encryption']]) {
      expect(await vestibule(args, { ENCRYPTION_KEY: NEW })).toMatchObject(wrong);
    }

    const rotated = await vestibule(['keys', 'rotate', '--encryption'], { ENCRYPTION_KEY: `${NEW},${old}` });
    expect(rotated).toMatchObject({ code: 0, stderr: '' });
    expect(rotated.stdout).toMatch(
      /^1 rows encrypted anew\.\nEverything is encrypted with the key [0-9a-f]{16}, and no other is needed\.\n$/,
    );
    const lost = await checkout.server(env).ended;
    expect(lost).toMatchObject({ code: 1, stdout: '' });
    expect(lost.stderr).toMatch(new RegExp(`^\\S+/encryption\\.key: got "the key [0-9a-f]{16}", ${takes}`));

    await writeFile(join(checkout.folder, 'new.key'), NEW);
    const production = { NODE_ENV: 'production', HOST: '127.0.0.1', ENCRYPTION_KEY_FILE: 'new.key' };
    const server = checkout.server({ ...env, ...production });
    const [, port] = await server.says(/"httpPort":(\d+)/);
    const { status } = await fetch(`http://127.0.0.1:${port}/.well-known/jwks.json`);
    expect(status).toBe(200);
    expect((await vestibule(['token'], production)).code).toBe(0);
    const outcome = await server.stop();
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.stdout).not.toContain(NEW);
    expect(token).not.toBe('');
  });

  it('changes with an external issuer too', async () => {
    const external = { AUTH_ISSUER: 'https://id.example.com/', AUTH_AUDIENCE: 'urn:vestibule', ENCRYPTION_KEY: NEW };
    expect(await vestibule(['keys', 'rotate', '--encryption'], external)).toMatchObject({ code: 0, stderr: '' });
  });
});

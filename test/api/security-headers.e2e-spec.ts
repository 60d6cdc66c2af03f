import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { startApp, useApp } from '../support/app.js';
import { askForToken, createClient } from '../support/clients.js';

const FOR_BROWSERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
};

const pick = (headers: Headers) =>
  Object.fromEntries(Object.keys(FOR_BROWSERS).map((name) => [name, headers.get(name)]));

describe('every answer that a browser may open', () => {
  const app = useApp();

  it.each([
    ['GET', '/openapi.json', 200],
    ['GET', '/.well-known/jwks.json', 200],
    ['GET', '/health/live', 200],
    ['GET', '/api/v2/organizations', 401],
    ['GET', '/nothing', 404],
    ['GET', '/%zz', 400],
    ['GET', `/api/v2/organizations/${'x'.repeat(1_025)}`, 414],
    ['POST', '/oauth/token', 400],
  ])('says how to be shown: %s %.30s', async (method, path, status) => {
    const answer = await fetch(`${app.api.origin}${path}`, { method });
    expect(answer.status).toBe(status);
    expect(pick(answer.headers)).toEqual(FOR_BROWSERS);
    expect(answer.headers.get('strict-transport-security')).toBeNull();
  });

  it('says so too when it is about data', async () => {
    const answer = await app.api.get('/organizations');
    expect(answer.status).toBe(200);
    expect(pick(answer.headers)).toEqual(FOR_BROWSERS);
  });

  it('is stored nowhere when it is a token, or the refusal of one', async () => {
    const client = await createClient(app, []);
    for (const secret of [client.client_secret, 'wrong']) {
      const answer = await askForToken(app, { ...client, client_secret: secret });
      expect(answer.headers.get('cache-control')).toBe('no-store');
      expect(pick(answer.headers)).toEqual(FOR_BROWSERS);
    }
  });
});

describe('HTTPS', () => {
  let folder: string;
  let certificate: { TLS_CERT_FILE: string; TLS_KEY_FILE: string };
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vestibule-certificate-'));
    const { cert, private: key } = await generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec' });
    certificate = { TLS_CERT_FILE: join(folder, 'cert.pem'), TLS_KEY_FILE: join(folder, 'key.pem') };
    await Promise.all([writeFile(certificate.TLS_CERT_FILE, cert), writeFile(certificate.TLS_KEY_FILE, key)]);
  });
  afterAll(() => rm(folder, { recursive: true }));

  /** What a request that came over either is told, through a proxy that is believed. */
  async function told(env: Record<string, string>): Promise<Record<string, string | null>> {
    const { app, stop } = await startApp({ env: { ...env, TRUSTED_PROXIES: '127.0.0.1' } });
    try {
      const over = async (protocol: string) => {
        const answer = await fetch(`${app.api.origin}/health/live`, { headers: { 'x-forwarded-proto': protocol } });
        return answer.headers.get('strict-transport-security');
      };
      return { https: await over('https'), http: await over('http') };
    } finally {
      await stop();
    }
  }

  it('is made lasting in production', async () => {
    expect(await told({ NODE_ENV: 'production', HOST: '127.0.0.1' })).toEqual({
      https: 'max-age=31536000',
      http: null,
    });
  });

  it('is made lasting with a certificate of its own', async () => {
    expect(await told(certificate)).toEqual({ https: 'max-age=31536000', http: null });
  });

  it('is not with the development certificate, or localhost would be HTTPS for every other program too', async () => {
    expect(await told({})).toEqual({ https: null, http: null });
  });
});

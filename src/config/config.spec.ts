import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { ConfigError, loadConfig } from './config.js';

const ENCRYPTION_KEY = Buffer.alloc(32, 'one').toString('base64');
const URL_OF_DATABASE = 'postgresql://vestibule:s3cret@db.example.com:5432/vestibule';

/** What the person who set this is told. */
function complaintAbout(environment: NodeJS.ProcessEnv): string {
  try {
    loadConfig(environment);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as ConfigError).message;
  }
  throw new Error(`Accepted: ${JSON.stringify(environment)}`);
}

describe('loadConfig', () => {
  let folder: string;
  const inFolder = (name: string) => join(folder, name);
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'vestibule-config-'));
    const pair = await generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec' });
    const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const files = {
      'cert.pem': pair.cert,
      'key.pem': pair.private,
      'empty.pem': '',
      'text.pem': 'no PEM',
      'half.pem': pair.cert.slice(0, pair.cert.length / 2),
      'other.pem': other.export({ type: 'pkcs8', format: 'pem' }),
      'locked.pem': other.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' }),
      'key.der': other.export({ type: 'pkcs8', format: 'der' }),
    };
    for (const [name, content] of Object.entries(files)) writeFileSync(inFolder(name), content);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const port = 'a whole number from 0 to 65535';
  const url = 'an http or https URL';
  it.each([
    ['PORT', '80a', port],
    ['PORT', '65536', port],
    ['PORT', '-1', port],
    ['PORT', '3000.5', port],
    ['PORT', '0x50', port],
    ['PORT', ' 80', port],
    ['TLS_PORT', 'https', port],
    ['TLS_CERT_FILE', '/nowhere/cert.pem', 'the path of a file this process can read'],
    ['TLS_KEY_FILE', '/nowhere/key.pem', 'the path of a file this process can read'],
    ['PUBLIC_URL', 'auth.example.com', url],
    ['PUBLIC_URL', 'ftp://auth.example.com', url],
    ['DATABASE_POOL_SIZE', '0', 'a whole number from 1 to 1000'],
    ['DATABASE_POOL_SIZE', '1001', 'a whole number from 1 to 1000'],
    ['POOL_WAIT_MS', '9', 'a whole number from 10 to 60000'],
    ['POOL_WAIT_MS', '1s', 'a whole number from 10 to 60000'],
    ['MIGRATE_ON_START', 'no', 'one of true, false'],
    ['AUTH_ISSUER', 'example.com', url],
    ['AUTH_JWKS_URL', 'file:///etc/passwd', url],
    ['LOG_LEVEL', 'loud', 'one of fatal, error, warn, info, debug, trace, silent'],
    ['LOG_LEVEL', 'INFO', 'one of fatal, error, warn, info, debug, trace, silent'],
    ['MAX_CONNECTIONS_PER_ORGANIZATION', '0', 'a whole number from 1 to 10000'],
    ['MAX_CONNECTIONS_PER_ORGANIZATION', '10001', 'a whole number from 1 to 10000'],
    ['RATE_LIMIT_PER_MINUTE', 'none', 'a whole number from 0 to 1000000000'],
    ['METRICS_PORT', 'on', port],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4317', url],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', '/v1/traces', url],
    [
      'EVENT_DESTINATIONS_ALLOW',
      'sink.example, 10.0.0.0/33',
      'names of hosts, addresses or networks such as 10.0.0.0/8, separated by commas',
    ],
    [
      'EVENT_DESTINATIONS_ALLOW',
      '10.0.0.256',
      'names of hosts, addresses or networks such as 10.0.0.0/8, separated by commas',
    ],
    [
      'EVENT_DESTINATIONS_ALLOW',
      'https://sink.example',
      'names of hosts, addresses or networks such as 10.0.0.0/8, separated by commas',
    ],
    ['RATE_LIMIT_READS_PER_MINUTE', '-1', 'a whole number from 0 to 1000000000'],
    ['RATE_LIMIT_WRITES_PER_MINUTE', '1.5', 'a whole number from 0 to 1000000000'],
  ])('refuses %s=%s and says what it takes', (variable, value, takes) => {
    expect(complaintAbout({ [variable]: value })).toBe(`${variable}: got "${value}", takes ${takes}`);
  });

  it.each(['PORT', 'PUBLIC_URL', 'LOG_LEVEL', 'DATABASE_URL', 'TLS_CERT_FILE', 'AUTH_ISSUER'])(
    'complains of %s in one line, whatever the value',
    (variable) => {
      expect(complaintAbout({ [variable]: 'one\ntwo "three"' })).toMatch(new RegExp(`^${variable}: got .*, takes .*$`));
    },
  );

  it.each(['mysql://user:s3cret@db/x', 's3cret', 'postgresql//user:s3cret@db/x', 'https://user:s3cret@db/x'])(
    'refuses the DATABASE_URL %s without repeating it',
    (value) => {
      expect(complaintAbout({ DATABASE_URL: value })).toBe(
        'DATABASE_URL: got "(hidden)", takes a URL such as postgresql://user:password@host:5432/database',
      );
    },
  );

  it('refuses a DATABASE_URL with a schema other than public, without repeating it', () => {
    expect(complaintAbout({ DATABASE_URL: `${URL_OF_DATABASE}?sslmode=require&schema=auth` })).toBe(
      'DATABASE_URL: got "(hidden)", takes a URL without ?schema=: tables lie in the schema public, in a database of their own',
    );
    const databaseUrl = `${URL_OF_DATABASE}?schema=public`;
    expect(loadConfig({ DATABASE_URL: databaseUrl })).toMatchObject({ databaseUrl });
  });

  it('refuses production without a database', () => {
    const complaint = 'DATABASE_URL: got "", takes the URL of a Postgres database when NODE_ENV is production';
    expect(complaintAbout({ NODE_ENV: 'production' })).toBe(complaint);
    expect(complaintAbout({ NODE_ENV: 'production', DATABASE_URL: '' })).toBe(complaint);
  });

  const encryptionKey =
    '32 random bytes in base64, as "openssl rand -base64 32" prints them; of several, separated by commas, the first encrypts';

  it('refuses production without a key to encrypt with', () => {
    expect(complaintAbout({ NODE_ENV: 'production', DATABASE_URL: URL_OF_DATABASE })).toBe(
      `ENCRYPTION_KEY: got "", takes ${encryptionKey}. It is needed when NODE_ENV is production`,
    );
  });

  it.each(['secret', ENCRYPTION_KEY.slice(1), `${ENCRYPTION_KEY}A`, `${ENCRYPTION_KEY},secret`, ','])(
    'refuses the encryption key %j without repeating it',
    (bad) => {
      const file = inFolder('bad.key');
      writeFileSync(file, bad);
      expect(complaintAbout({ ENCRYPTION_KEY: bad })).toBe(`ENCRYPTION_KEY: got "(hidden)", takes ${encryptionKey}`);
      expect(complaintAbout({ ENCRYPTION_KEY_FILE: file })).toBe(
        `ENCRYPTION_KEY_FILE: got "${file}", takes the path of a file that holds ${encryptionKey}`,
      );
    },
  );

  it('refuses a file of keys that is not there, and one beside a variable with keys', () => {
    expect(complaintAbout({ ENCRYPTION_KEY_FILE: '/nowhere/key' })).toBe(
      'ENCRYPTION_KEY_FILE: got "/nowhere/key", takes the path of a file this process can read',
    );
    writeFileSync(inFolder('good.key'), `${ENCRYPTION_KEY}\n`);
    expect(complaintAbout({ ENCRYPTION_KEY, ENCRYPTION_KEY_FILE: inFolder('good.key') })).toBe(
      'ENCRYPTION_KEY_FILE: got "(hidden)", takes no value beside ENCRYPTION_KEY',
    );
  });

  it('takes keys in base64, in that for URLs and in hexadecimal digits, from a variable or a file, in their order', () => {
    const bytes = [randomBytes(32), randomBytes(32), randomBytes(32)] as const;
    const text = [bytes[0].toString('base64'), bytes[1].toString('base64url'), bytes[2].toString('hex')];
    writeFileSync(inFolder('keys'), `${text.join('\n')}\n`);
    for (const { encryption } of [
      loadConfig({ ENCRYPTION_KEY: text.join(', ') }),
      loadConfig({ ENCRYPTION_KEY_FILE: inFolder('keys') }),
    ]) {
      expect(encryption!.keys.map((key) => Buffer.from(key.bytes))).toEqual([...bytes]);
      expect(new Set(encryption!.keys.map(({ id }) => id)).size).toBe(3);
    }
    expect(loadConfig({}).encryption).toBeUndefined();
  });

  it('refuses a certificate without its key, and a key without its certificate', () => {
    expect(complaintAbout({ TLS_CERT_FILE: inFolder('cert.pem') })).toBe(
      'TLS_KEY_FILE: got "", takes the key of TLS_CERT_FILE; set both or neither',
    );
    expect(complaintAbout({ TLS_KEY_FILE: inFolder('key.pem') })).toBe(
      'TLS_CERT_FILE: got "", takes the certificate of TLS_KEY_FILE; set both or neither',
    );
  });

  const certificate = 'the path of a certificate in PEM';
  const key = 'the path of a private key in PEM, without a passphrase';
  it.each([
    ['TLS_CERT_FILE', 'empty.pem', certificate],
    ['TLS_CERT_FILE', 'text.pem', certificate],
    ['TLS_CERT_FILE', 'half.pem', certificate],
    ['TLS_CERT_FILE', 'key.pem', certificate],
    ['TLS_KEY_FILE', 'empty.pem', key],
    ['TLS_KEY_FILE', 'text.pem', key],
    ['TLS_KEY_FILE', 'cert.pem', key],
    ['TLS_KEY_FILE', 'key.der', key],
    ['TLS_KEY_FILE', 'locked.pem', key],
    ['TLS_KEY_FILE', 'other.pem', 'the key of TLS_CERT_FILE'],
  ])('refuses the %s %s', (variable, name, takes) => {
    const good = { TLS_CERT_FILE: inFolder('cert.pem'), TLS_KEY_FILE: inFolder('key.pem') };
    const bad = inFolder(name);
    expect(complaintAbout({ ...good, [variable]: bad })).toBe(`${variable}: got "${bad}", takes ${takes}`);
  });

  it('refuses an issuer without an audience, and what only goes with an issuer', () => {
    expect(complaintAbout({ AUTH_ISSUER: 'https://id.example.com/' })).toBe(
      'AUTH_AUDIENCE: got "", takes the audience of the tokens of AUTH_ISSUER',
    );
    expect(complaintAbout({ AUTH_AUDIENCE: 'urn:a' })).toBe(
      'AUTH_AUDIENCE: got "urn:a", takes a value only together with AUTH_ISSUER',
    );
    expect(complaintAbout({ AUTH_JWKS_URL: 'https://id.example.com/keys' })).toBe(
      'AUTH_JWKS_URL: got "https://id.example.com/keys", takes a value only together with AUTH_ISSUER',
    );
  });

  it('needs nothing to run locally', () => {
    expect(loadConfig({})).toMatchObject({
      production: false,
      host: '127.0.0.1',
      port: 3000,
      tls: { port: 3443 },
      publicUrl: 'https://localhost:3443',
      databasePoolSize: 10,
      poolWaitMs: 1000,
      auth: {
        kind: 'built-in',
        issuer: 'https://localhost:3443/',
        audiences: ['https://localhost:3443/api/v2/', 'http://localhost:3000/api/v2/'],
      },
      logLevel: 'info',
      maxConnectionsPerOrganization: 10,
      rateLimits: { readsPerMinute: 0, writesPerMinute: 0 },
      deadlines: {
        database: 30_000,
        drain: 0,
        shutdown: 10_000,
        requestHead: 10_000,
        request: 30_000,
        requestCheck: 5_000,
        refusalSummary: 60_000,
      },
    });
    expect(loadConfig({}).databaseUrl).toBeUndefined();
  });

  it('limits reads and writes alike by one variable, unless another says otherwise', () => {
    const limits = (env: Record<string, string>) => loadConfig({ RATE_LIMIT_PER_MINUTE: '7', ...env }).rateLimits;
    expect(limits({})).toEqual({ readsPerMinute: 7, writesPerMinute: 7 });
    expect(limits({ RATE_LIMIT_READS_PER_MINUTE: '9' })).toEqual({ readsPerMinute: 9, writesPerMinute: 7 });
    expect(limits({ RATE_LIMIT_WRITES_PER_MINUTE: '0' })).toEqual({ readsPerMinute: 7, writesPerMinute: 0 });
  });

  it('does not migrate behind a pooler that lends connections by the transaction', () => {
    const pooled = { DATABASE_URL: `${URL_OF_DATABASE}?sslmode=require&pgbouncer=true` };
    expect(loadConfig(pooled)).toMatchObject({ migratesOnStart: false });
    expect(loadConfig({ DATABASE_URL: URL_OF_DATABASE })).toMatchObject({ migratesOnStart: true });
    expect(complaintAbout({ ...pooled, MIGRATE_ON_START: 'true' })).toBe(
      'MIGRATE_ON_START: got "true", takes false when DATABASE_URL has pgbouncer=true',
    );
  });

  it('does not repeat the URL of Redis, which may hold a password', () => {
    expect(complaintAbout({ REDIS_URL: 'http://:hunter2@redis' })).toBe(
      'REDIS_URL: got "(hidden)", takes a URL such as redis://user:password@host:6379/0, or rediss:// for TLS',
    );
  });

  it('counts an empty variable as absent', () => {
    expect(loadConfig({ PORT: '', LOG_LEVEL: '', AUTH_ISSUER: '', TLS_CERT_FILE: '' })).toEqual(loadConfig({}));
  });

  it('listens to everybody in production, and on HTTPS only with a certificate', () => {
    const production = { NODE_ENV: 'production', DATABASE_URL: URL_OF_DATABASE, ENCRYPTION_KEY };
    const plain = loadConfig(production);
    expect(plain).toMatchObject({ production: true, host: '0.0.0.0', databaseUrl: URL_OF_DATABASE });
    expect(plain.tls).toBeUndefined();
    expect(plain.publicUrl).toBe('http://localhost:3000');
    const [certFile, keyFile] = [inFolder('cert.pem'), inFolder('key.pem')];
    expect(loadConfig({ ...production, TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile }).tls).toEqual({
      port: 3443,
      certificate: { certFile, keyFile },
    });
    expect(loadConfig({ ...production, HOST: '127.0.0.1' }).host).toBe('127.0.0.1');
  });

  it('takes tokens for the ports it listens on and for the public address', () => {
    const { auth, publicUrl } = loadConfig({
      PORT: '8080',
      TLS_PORT: '8443',
      PUBLIC_URL: 'https://auth.example.com//',
    });
    expect(publicUrl).toBe('https://auth.example.com');
    expect(auth).toEqual({
      kind: 'built-in',
      issuer: 'https://auth.example.com/',
      audiences: [
        'https://localhost:8443/api/v2/',
        'http://localhost:8080/api/v2/',
        'https://auth.example.com/api/v2/',
      ],
    });
  });

  it.each([
    ['AUTH_ISSUER', { AUTH_ISSUER: 'http://id.example.com/' }],
    ['AUTH_ISSUER', { AUTH_ISSUER: 'http://127.0.0.1:8080/', AUTH_JWKS_URL: 'https://id.example.com/keys' }],
    ['AUTH_JWKS_URL', { AUTH_ISSUER: 'https://id.example.com/', AUTH_JWKS_URL: 'http://localhost/keys' }],
  ])('refuses an %s without TLS in production, and takes it in development: %j', (variable, urls) => {
    const external = { AUTH_AUDIENCE: 'urn:a', ...urls };
    const got = urls[variable as keyof typeof urls];
    expect(complaintAbout({ ...external, NODE_ENV: 'production', DATABASE_URL: URL_OF_DATABASE, ENCRYPTION_KEY })).toBe(
      `${variable}: got "${got}", takes an https URL when NODE_ENV is production`,
    );
    expect(loadConfig(external).auth).toMatchObject({ issuer: urls.AUTH_ISSUER });
  });

  it('finds the keys of an external issuer where issuers publish them, or where it is told', () => {
    const external = { AUTH_ISSUER: 'https://id.example.com/', AUTH_AUDIENCE: 'urn:a' };
    expect(loadConfig(external).auth).toEqual({
      kind: 'external',
      issuer: 'https://id.example.com/',
      audiences: ['urn:a'],
      jwksUrl: 'https://id.example.com/.well-known/jwks.json',
    });
    expect(loadConfig({ ...external, AUTH_JWKS_URL: 'https://keys.example.com/' }).auth).toMatchObject({
      jwksUrl: 'https://keys.example.com/',
    });
  });

  it.each(['postgres://localhost/a', 'postgresql://u:p@[::1]:5432/a?sslmode=require'])('takes %s', (DATABASE_URL) => {
    expect(loadConfig({ DATABASE_URL }).databaseUrl).toBe(DATABASE_URL);
  });

  it('measures on a port for this machine alone, and only when it is set, in production too', () => {
    const production = { NODE_ENV: 'production', DATABASE_URL: URL_OF_DATABASE, ENCRYPTION_KEY };
    expect(loadConfig(production).metrics).toBeUndefined();
    expect(loadConfig({ ...production, METRICS_HOST: '10.0.0.1' }).metrics).toBeUndefined();
    expect(loadConfig({ ...production, METRICS_PORT: '9464' }).metrics).toEqual({ host: '127.0.0.1', port: 9464 });
    expect(loadConfig({ METRICS_PORT: '0', METRICS_HOST: '0.0.0.0' }).metrics).toEqual({ host: '0.0.0.0', port: 0 });
  });

  it('traces to the path that OpenTelemetry says, below a base or as it is', () => {
    const base = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318/' };
    const whole = { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://collector:4318/' };
    expect(loadConfig({}).tracing).toBeUndefined();
    expect(loadConfig(base).tracing).toEqual({ url: 'http://collector:4318/v1/traces' });
    expect(loadConfig({ ...base, ...whole }).tracing).toEqual({ url: 'http://collector:4318/' });
    expect(loadConfig({ ...base, OTEL_SERVICE_NAME: 'b2b' }).tracing).toMatchObject({ serviceName: 'b2b' });
    expect(loadConfig({ ...base, OTEL_SDK_DISABLED: 'TRUE' }).tracing).toBeUndefined();
    expect(loadConfig({ ...base, OTEL_SDK_DISABLED: 'false' }).tracing).toBeDefined();
  });
});

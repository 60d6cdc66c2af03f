import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { cleanEnv, EnvError, makeValidator, str, type CleanedEnvAccessors } from 'envalid';
import { KEY_FORMAT, keyRingOf, type KeyRing } from './key-ring.js';
import { isPooledByTransaction } from './pooling.js';

/** The configuration. Built once by {@link loadConfig}; nothing else reads the environment. */
export class AppConfig {
  readonly production!: boolean;
  readonly host!: string;
  readonly port!: number;
  /** Absent when HTTPS is off. */
  readonly tls?: TlsConfig;
  /** The URL at which clients reach the service, without a trailing slash. */
  readonly publicUrl!: string;
  /** Absent for the embedded Postgres under `.data/`. */
  readonly databaseUrl?: string;
  readonly databasePoolSize!: number;
  /** How long a request waits for a connection of the pool, in milliseconds. */
  readonly poolWaitMs!: number;
  /** When false, the server waits until `vestibule migrate` has migrated the database. */
  readonly migratesOnStart!: boolean;
  readonly auth!: AuthConfig;
  /** Absent for the key of this checkout, which `withEncryptionKeys` adds. */
  readonly encryption?: EncryptionConfig;
  readonly logLevel!: LogLevel;
  readonly maxConnectionsPerOrganization!: number;
  /** The minimum age at which change records are deleted, by whole months. */
  readonly changeRetentionDays!: number;
  /** Proxies whose X-Forwarded-For is trusted: addresses and networks. */
  readonly trustedProxies!: readonly string[];
  /** Per caller, for all servers together. 0 means no limit. */
  readonly rateLimits!: { readonly readsPerMinute: number; readonly writesPerMinute: number };
  /** The Redis that counts requests for the rate limits. Absent to count in the database. */
  readonly redisUrl?: string;
  /** Private hosts, addresses and networks that events may be sent to, also over http. */
  readonly eventDestinationsAllow!: readonly string[];
  /** Absent when metrics are off. */
  readonly metrics?: MetricsConfig;
  /** Absent when tracing is off. */
  readonly tracing?: TracingConfig;
  /** The set variables that other commands need too, to use the same server and database. */
  readonly sharedVariables!: readonly string[];
  readonly deadlines!: Deadlines;
  readonly removal!: RemovalConfig;
}

/** Time limits and intervals in milliseconds. No variable sets them. Tests use shorter ones. */
const DEADLINES = {
  /** For a database to answer at the start, and for another process to migrate it. */
  database: 30_000,
  /** For load balancers to notice that the server stops, before it closes its port. */
  drain: 2_000,
  /** For running requests when the server stops. Then their connections are closed. */
  shutdown: 10_000,
  /** For the head of a request. */
  requestHead: 10_000,
  /** For a whole request. A slower client gets 408. */
  request: 30_000,
  /** How often `requestHead` and `request` are checked. */
  requestCheck: 5_000,
  /** Mean delay of the event loop above which requests are refused. */
  eventLoopDelay: 1_000,
  /** Between two log lines about refused callers. */
  refusalSummary: 60_000,
  /** For a destination to accept an event. */
  eventAnswer: 10_000,
  /** From the first failure of an event until its stream is paused. */
  eventRetries: 3 * 24 * 3_600_000,
  /** Between an event's first failure and the second attempt. Later pauses are longer. */
  eventFirstPause: 1_000,
  /** Between two heartbeats to a client that reads events. */
  eventHeartbeat: 15_000,
  /** For one request that reads events. Then the client must send a new one, with a valid token. */
  eventReading: 3_600_000,
};
export type Deadlines = Readonly<typeof DEADLINES>;

/** The sizes of deletions. No variable sets them. Tests use smaller ones. */
const REMOVAL = {
  /** The most rows that are deleted together with their owner. More are deleted in the background. */
  atOnce: 5_000,
  /** Rows of a table that the background job deletes by one statement. */
  batch: 1_000,
  /** How often the background job looks for unfinished work of other servers, in milliseconds. */
  lookEvery: 30_000,
};
export type RemovalConfig = Readonly<typeof REMOVAL>;

export interface TlsConfig {
  readonly port: number;
  /** Absent for the development certificate under `.data/tls/`. */
  readonly certificate?: { readonly certFile: string; readonly keyFile: string };
}

export interface EncryptionConfig {
  readonly keys: KeyRing;
  /** The variable with the keys. */
  readonly variable: string;
}

export interface MetricsConfig {
  readonly host: string;
  readonly port: number;
}

export interface TracingConfig {
  /** The URL that spans are posted to, as OTLP in JSON. */
  readonly url: string;
  /** Absent for the name in `OTEL_RESOURCE_ATTRIBUTES`, or `vestibule`. */
  readonly serviceName?: string;
}

export type AuthConfig =
  | { readonly kind: 'built-in'; readonly issuer: string; readonly audiences: readonly string[] }
  | {
      readonly kind: 'external';
      readonly issuer: string;
      readonly audiences: readonly string[];
      readonly jwksUrl: string;
    };

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** An invalid value of a variable. The message is one line for the person who set it. */
export class ConfigError extends Error {
  constructor(variable: string, got: string, takes: string) {
    super(`${variable}: got ${JSON.stringify(got)}, takes ${takes}`);
    this.name = 'ConfigError';
  }
}

const whole = (from: number, to: number) =>
  makeValidator((input) => {
    const value = Number(input);
    if (!/^\d+$/.test(input) || value < from || value > to) {
      throw new EnvError(`a whole number from ${from} to ${to}`);
    }
    return value;
  });

const text = (isValid: (input: string) => boolean, takes: string) =>
  makeValidator((input) => {
    if (!isValid(input)) throw new EnvError(takes);
    return input;
  });

const list = (isValid: (item: string) => boolean, takes: string) =>
  makeValidator((input) => {
    const items = input.split(',').map((item) => item.trim());
    if (!items.every(isValid)) throw new EnvError(`${takes} such as 10.0.0.0/8, separated by commas`);
    return items;
  });

const oneOf = <T extends string>(choices: readonly T[]) =>
  makeValidator((input) => {
    const choice = choices.find((one) => one === input);
    if (choice === undefined) throw new EnvError(`one of ${choices.join(', ')}`);
    return choice;
  });

const isUrl = (protocol: RegExp) => (input: string) => URL.canParse(input) && protocol.test(new URL(input).protocol);

const httpUrl = text(isUrl(/^https?:$/), 'an http or https URL');
const redisUrl = text(isUrl(/^rediss?:$/), 'a URL such as redis://user:password@host:6379/0, or rediss:// for TLS');
const postgresUrl = makeValidator((input) => {
  if (!isUrl(/^postgres(ql)?:$/)(input)) {
    throw new EnvError('a URL such as postgresql://user:password@host:5432/database');
  }
  // URLs for Prisma may have it, but `pg` ignores it and would use another schema.
  if (new URL(input).searchParams.getAll('schema').some((schema) => schema !== 'public')) {
    throw new EnvError('a URL without ?schema=: tables lie in the schema public, in a database of their own');
  }
  return input;
});

function contentOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    throw new EnvError('the path of a file this process can read');
  }
}

function isUsable(pems: SecureContextOptions): boolean {
  try {
    createSecureContext(pems);
    return true;
  } catch {
    return false;
  }
}

/** Checks one file. {@link tlsConfig} checks that the certificate and the key match. */
const pemFile = (part: 'cert' | 'key', what: string) =>
  text((file) => isUsable({ [part]: contentOf(file) }), `the path of ${what}`);

function isNetwork(input: string): boolean {
  const [address = '', prefix = '0', ...rest] = input.split('/');
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address) as 0 | 4 | 6];
  return rest.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits;
}

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i;
/** Only digits and dots are a mistyped address. */
const isHostName = (input: string) => HOST_NAME.test(input) && !/^[\d.]+$/.test(input);

const networks = list(isNetwork, 'addresses or networks');
const hosts = list((one) => isNetwork(one) || isHostName(one), 'names of hosts, addresses or networks');

const encryptionKeys = (contentOfValue: (input: string) => string, takes: string) =>
  makeValidator((input) => {
    const keys = keyRingOf(contentOfValue(input));
    if (keys === undefined) throw new EnvError(takes);
    return keys;
  });

const specs = {
  NODE_ENV: str({ default: 'development' }),
  HOST: str({ default: undefined }),
  PORT: whole(0, 65535)({ default: 3000 }),
  TLS_PORT: whole(0, 65535)({ default: 3443 }),
  TLS_CERT_FILE: pemFile('cert', 'a certificate in PEM')({ default: undefined }),
  TLS_KEY_FILE: pemFile('key', 'a private key in PEM, without a passphrase')({ default: undefined }),
  PUBLIC_URL: httpUrl({ default: undefined }),
  DATABASE_URL: postgresUrl({ default: undefined }),
  DATABASE_POOL_SIZE: whole(1, 1000)({ default: 10 }),
  POOL_WAIT_MS: whole(10, 60_000)({ default: 1_000 }),
  MIGRATE_ON_START: oneOf(['true', 'false'])({ default: undefined }),
  AUTH_ISSUER: httpUrl({ default: undefined }),
  AUTH_AUDIENCE: str({ default: undefined }),
  AUTH_JWKS_URL: httpUrl({ default: undefined }),
  ENCRYPTION_KEY: encryptionKeys(String, KEY_FORMAT)({ default: undefined }),
  ENCRYPTION_KEY_FILE: encryptionKeys(
    (file) => contentOf(file).toString(),
    `the path of a file that holds ${KEY_FORMAT}`,
  )({ default: undefined }),
  LOG_LEVEL: oneOf(LOG_LEVELS)({ default: 'info' as const }),
  MAX_CONNECTIONS_PER_ORGANIZATION: whole(1, 10_000)({ default: 10 }),
  CHANGE_RETENTION_DAYS: whole(1, 36_500)({ default: 400 }),
  TRUSTED_PROXIES: networks({ default: [] }),
  RATE_LIMIT_PER_MINUTE: whole(0, 1_000_000_000)({ default: 0 }),
  RATE_LIMIT_READS_PER_MINUTE: whole(0, 1_000_000_000)({ default: undefined }),
  RATE_LIMIT_WRITES_PER_MINUTE: whole(0, 1_000_000_000)({ default: undefined }),
  REDIS_URL: redisUrl({ default: undefined }),
  EVENT_DESTINATIONS_ALLOW: hosts({ default: [] }),
  METRICS_HOST: str({ default: '127.0.0.1' }),
  METRICS_PORT: whole(0, 65535)({ default: undefined }),
  // OpenTelemetry's SDK reads more variables by itself.
  OTEL_SDK_DISABLED: str({ default: undefined }),
  OTEL_SERVICE_NAME: str({ default: undefined }),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl({ default: undefined }),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: httpUrl({ default: undefined }),
};

/** Every variable of the configuration. */
export const VARIABLES: readonly string[] = Object.keys(specs);

const SHARED_VARIABLES = ['PORT', 'TLS_PORT', 'PUBLIC_URL', 'DATABASE_URL', 'ENCRYPTION_KEY', 'ENCRYPTION_KEY_FILE'];

/** Variables that may contain a password or a key, so that messages hide their value. */
const SECRET_VARIABLES = new Set(['DATABASE_URL', 'REDIS_URL', 'ENCRYPTION_KEY']);

/**
 * Reads and checks the environment. An empty variable counts as absent.
 *
 * @throws ConfigError for the first invalid value, with the variable, the value and what it takes
 */
export function loadConfig(environment: NodeJS.ProcessEnv): AppConfig {
  const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const env = cleanEnv(given, specs, {
    reporter: ({ errors }) => {
      for (const [variable, error] of Object.entries(errors)) {
        const got = SECRET_VARIABLES.has(variable) ? '(hidden)' : (given[variable] ?? '');
        throw new ConfigError(variable, got, error.message);
      }
    },
  });

  const production = env.NODE_ENV === 'production';
  if (production && env.DATABASE_URL === undefined) {
    throw new ConfigError('DATABASE_URL', '', 'the URL of a Postgres database when NODE_ENV is production');
  }
  const isPooled = isPooledByTransaction(env.DATABASE_URL);
  if (isPooled && env.MIGRATE_ON_START === 'true') {
    throw new ConfigError('MIGRATE_ON_START', 'true', 'false when DATABASE_URL has pgbouncer=true');
  }
  const tls = tlsConfig(env, production);
  // An origin leaves out the default port, as clients do in the audience.
  const httpsLocal = new URL(`https://localhost:${env.TLS_PORT}`).origin;
  const httpLocal = new URL(`http://localhost:${env.PORT}`).origin;
  const publicUrl = (env.PUBLIC_URL ?? (tls ? httpsLocal : httpLocal)).replace(/\/+$/, '');
  return {
    production,
    host: env.HOST ?? (production ? '0.0.0.0' : '127.0.0.1'),
    port: env.PORT,
    tls,
    publicUrl,
    databaseUrl: env.DATABASE_URL,
    databasePoolSize: env.DATABASE_POOL_SIZE,
    poolWaitMs: env.POOL_WAIT_MS,
    // A migration needs a lock of the session, which a pooler in transaction mode does not keep.
    migratesOnStart: env.MIGRATE_ON_START !== 'false' && !isPooled,
    auth: authConfig(env, production, [httpsLocal, httpLocal, publicUrl]),
    encryption: encryptionConfig(env, production),
    logLevel: env.LOG_LEVEL,
    maxConnectionsPerOrganization: env.MAX_CONNECTIONS_PER_ORGANIZATION,
    changeRetentionDays: env.CHANGE_RETENTION_DAYS,
    trustedProxies: env.TRUSTED_PROXIES,
    rateLimits: {
      readsPerMinute: env.RATE_LIMIT_READS_PER_MINUTE ?? env.RATE_LIMIT_PER_MINUTE,
      writesPerMinute: env.RATE_LIMIT_WRITES_PER_MINUTE ?? env.RATE_LIMIT_PER_MINUTE,
    },
    redisUrl: env.REDIS_URL,
    eventDestinationsAllow: env.EVENT_DESTINATIONS_ALLOW,
    metrics: env.METRICS_PORT === undefined ? undefined : { host: env.METRICS_HOST, port: env.METRICS_PORT },
    tracing: tracingConfig(env),
    sharedVariables: SHARED_VARIABLES.filter((variable) => given[variable] !== undefined),
    // In development there is no load balancer to wait for.
    deadlines: production ? DEADLINES : { ...DEADLINES, drain: 0 },
    removal: REMOVAL,
  };
}

type Env = CleanedEnvAccessors & ReturnType<typeof cleanEnv<typeof specs>>;

function tlsConfig(env: Env, production: boolean): TlsConfig | undefined {
  const { TLS_CERT_FILE: certFile, TLS_KEY_FILE: keyFile } = env;
  if (certFile !== undefined && keyFile !== undefined) {
    if (!isUsable({ cert: contentOf(certFile), key: contentOf(keyFile) }))
      throw new ConfigError('TLS_KEY_FILE', keyFile, 'the key of TLS_CERT_FILE');
    return { port: env.TLS_PORT, certificate: { certFile, keyFile } };
  }
  if (certFile !== undefined)
    throw new ConfigError('TLS_KEY_FILE', '', 'the key of TLS_CERT_FILE; set both or neither');
  if (keyFile !== undefined)
    throw new ConfigError('TLS_CERT_FILE', '', 'the certificate of TLS_KEY_FILE; set both or neither');
  return production ? undefined : { port: env.TLS_PORT };
}

function encryptionConfig(env: Env, production: boolean): EncryptionConfig | undefined {
  const { ENCRYPTION_KEY: keys, ENCRYPTION_KEY_FILE: keysOfFile } = env;
  if (keys && keysOfFile) throw new ConfigError('ENCRYPTION_KEY_FILE', '(hidden)', 'no value beside ENCRYPTION_KEY');
  if (keys) return { keys, variable: 'ENCRYPTION_KEY' };
  if (keysOfFile) return { keys: keysOfFile, variable: 'ENCRYPTION_KEY_FILE' };
  if (production)
    throw new ConfigError('ENCRYPTION_KEY', '', `${KEY_FORMAT}. It is needed when NODE_ENV is production`);
  return undefined;
}

function tracingConfig(env: Env): TracingConfig | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: base, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: whole } = env;
  const url = whole ?? (base && `${base.replace(/\/+$/, '')}/v1/traces`);
  if (url === undefined || env.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return undefined;
  return { url, serviceName: env.OTEL_SERVICE_NAME };
}

function authConfig(
  env: Env,
  production: boolean,
  bases: [https: string, http: string, publicUrl: string],
): AuthConfig {
  if (env.AUTH_ISSUER === undefined) {
    for (const variable of ['AUTH_AUDIENCE', 'AUTH_JWKS_URL'] as const) {
      const got = env[variable];
      if (got !== undefined) throw new ConfigError(variable, got, 'a value only together with AUTH_ISSUER');
    }
    const audiences = [...new Set(bases)].map((base) => `${base}/api/v2/`);
    return { kind: 'built-in', issuer: `${bases[2]}/`, audiences };
  }
  for (const variable of ['AUTH_ISSUER', 'AUTH_JWKS_URL'] as const) {
    const got = env[variable];
    if (production && got !== undefined && new URL(got).protocol !== 'https:') {
      throw new ConfigError(variable, got, 'an https URL when NODE_ENV is production');
    }
  }
  if (env.AUTH_AUDIENCE === undefined) {
    throw new ConfigError('AUTH_AUDIENCE', '', 'the audience of the tokens of AUTH_ISSUER');
  }
  return {
    kind: 'external',
    issuer: env.AUTH_ISSUER,
    audiences: [env.AUTH_AUDIENCE],
    jwksUrl: env.AUTH_JWKS_URL ?? `${env.AUTH_ISSUER.replace(/\/+$/, '')}/.well-known/jwks.json`,
  };
}

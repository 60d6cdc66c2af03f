import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { cleanEnv, EnvError, makeValidator, str, type CleanedEnvAccessors } from 'envalid';
import { KEY_FORMAT, keyRingOf, type KeyRing } from './key-ring.js';
import { isPooledByTransaction } from './pooling.js';

/** How the server was told to run. Built once by {@link loadConfig}; nothing else reads the environment. */
export class AppConfig {
  readonly production!: boolean;
  readonly host!: string;
  readonly port!: number;
  /** Absent: no HTTPS. */
  readonly tls?: TlsConfig;
  /** Where clients reach the service, without a trailing slash. */
  readonly publicUrl!: string;
  /** Absent: the embedded Postgres under `.data/`. */
  readonly databaseUrl?: string;
  readonly databasePoolSize!: number;
  /** How long a request waits for a connection of the pool, or for its caller's share of it. */
  readonly poolWaitMs!: number;
  /** Else the server waits until `vestibule migrate` has brought the database up to date. */
  readonly migratesOnStart!: boolean;
  readonly auth!: AuthConfig;
  /** Absent: that of this checkout, which `withEncryptionKeys` adds. */
  readonly encryption?: EncryptionConfig;
  readonly logLevel!: LogLevel;
  readonly maxConnectionsPerOrganization!: number;
  /** What the terms of sign-in may take in memory; 0: they are not kept there. */
  readonly termsCacheMegabytes!: number;
  /** How long the record of changes is kept at least; it goes by whole months. */
  readonly changeRetentionDays!: number;
  /** Whose word on a caller's address is taken: addresses and networks of proxies. */
  readonly trustedProxies!: readonly string[];
  /** For each caller, of all servers together; 0 is no limit. */
  readonly rateLimits!: { readonly readsPerMinute: number; readonly writesPerMinute: number };
  /** Where the servers count together what is used of the limits; absent: in the database. */
  readonly redisUrl?: string;
  /** Hosts, addresses and networks to which events may be sent although they are not public, also over http. */
  readonly eventDestinationsAllow!: readonly string[];
  /** Absent: nothing is measured. */
  readonly metrics?: MetricsConfig;
  /** Absent: nothing is traced. */
  readonly tracing?: TracingConfig;
  /** The variables that another command must be given too, to work on the same server and database. */
  readonly sharedVariables!: readonly string[];
  readonly deadlines!: Deadlines;
  readonly removal!: RemovalConfig;
}

/** How much is deleted by one statement. No variable sets it; tests have no time for as many rows. */
export interface RemovalConfig {
  /** Rows that may go along with what is deleted; more of them are removed in the background. */
  readonly atOnce: number;
  /** Rows of a kind that are removed there at a time. */
  readonly batch: number;
  /** How often it is looked whether another server has left something, in milliseconds. */
  readonly lookEvery: number;
}

/** How long the server waits for others, in milliseconds. No variable sets them; tests have no time for them. */
export interface Deadlines {
  /** For a database to answer at the start, and to be brought up to date by somebody else. */
  readonly database: number;
  /** For whoever sends requests here to hear that it stops, before it takes no more. */
  readonly drain: number;
  /** For requests under way when it stops; then they are cut off. */
  readonly shutdown: number;
  /** For the head of a request. */
  readonly requestHead: number;
  /** For a whole request; a client that trickles one in is cut off with 408. */
  readonly request: number;
  /** How often the two above are looked after, and so how much later they may come into force. */
  readonly requestCheck: number;
  /** Between two lines of the log about callers who were not let in. */
  readonly refusalSummary: number;
  /** For a destination to answer that it has taken an event. */
  readonly eventAnswer: number;
  /** From the first failure of an event until its stream is paused. */
  readonly eventRetries: number;
  /** Between an event's first failure and the second try; each further one waits longer. */
  readonly eventFirstPause: number;
  /** Of those who pull events, after which they hear that there is none. */
  readonly eventHeartbeat: number;
  /** After which they have to ask again, with a token that is still good. */
  readonly eventReading: number;
}

const DEADLINES: Deadlines = {
  database: 30_000,
  drain: 2_000,
  shutdown: 10_000,
  requestHead: 10_000,
  request: 30_000,
  requestCheck: 5_000,
  refusalSummary: 60_000,
  eventAnswer: 10_000,
  eventRetries: 3 * 24 * 3_600_000,
  eventFirstPause: 1_000,
  eventHeartbeat: 15_000,
  eventReading: 3_600_000,
};

const REMOVAL: RemovalConfig = { atOnce: 5_000, batch: 1_000, lookEvery: 30_000 };

export interface TlsConfig {
  readonly port: number;
  /** Absent: the development certificate under `.data/tls/`. */
  readonly certificate?: { readonly certFile: string; readonly keyFile: string };
}

export interface EncryptionConfig {
  readonly keys: KeyRing;
  /** Where they come from. */
  readonly variable: string;
}

export interface MetricsConfig {
  readonly host: string;
  readonly port: number;
}

export interface TracingConfig {
  /** Where spans are posted to, as OTLP in JSON. */
  readonly url: string;
  /** Absent: what `OTEL_RESOURCE_ATTRIBUTES` says, or `vestibule`. */
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

/** A variable with a value that the server cannot run with. The message is one line for the person who set it. */
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

const httpUrl = makeValidator((input) => {
  if (!URL.canParse(input) || !/^https?:$/.test(new URL(input).protocol)) throw new EnvError('an http or https URL');
  return input;
});

const postgresUrl = makeValidator((input) => {
  if (!URL.canParse(input) || !/^postgres(ql)?:$/.test(new URL(input).protocol)) {
    throw new EnvError('a URL such as postgresql://user:password@host:5432/database');
  }
  // Prisma's own URLs may have it; `pg` ignores it, and the tables would go elsewhere than it says.
  if (new URL(input).searchParams.getAll('schema').some((schema) => schema !== 'public')) {
    throw new EnvError('a URL without ?schema=: tables lie in the schema public, in a database of their own');
  }
  return input;
});

const redisUrl = makeValidator((input) => {
  if (!URL.canParse(input) || !/^rediss?:$/.test(new URL(input).protocol)) {
    throw new EnvError('a URL such as redis://user:password@host:6379/0, or rediss:// for TLS');
  }
  return input;
});

/** A file that TLS can work with by itself; whether the two belong together is seen when both are known. */
const pemFile = (part: 'cert' | 'key', what: string) =>
  makeValidator((input) => {
    const pem = contentOf(input);
    if (pem === undefined) throw new EnvError('the path of a file this process can read');
    if (!isUsable({ [part]: pem })) throw new EnvError(`the path of ${what}`);
    return input;
  });

function contentOf(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
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

const listed = (input: string) => input.split(',').map((one) => one.trim());

function isNetwork(text: string): boolean {
  const [address = '', prefix = '0', ...rest] = text.split('/');
  const bits = { 0: -1, 4: 32, 6: 128 }[isIP(address) as 0 | 4 | 6];
  return rest.length === 0 && /^\d{1,3}$/.test(prefix) && Number(prefix) <= bits;
}

const networks = makeValidator((input) => {
  const given = listed(input);
  if (!given.every(isNetwork)) throw new EnvError('addresses or networks such as 10.0.0.0/8, separated by commas');
  return given;
});

const HOST_NAME = /^(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/i;

const hosts = makeValidator((input) => {
  const given = listed(input);
  // Digits and dots alone are an address with a mistake in it.
  if (!given.every((one) => isNetwork(one) || (HOST_NAME.test(one) && !/^[\d.]+$/.test(one)))) {
    throw new EnvError('names of hosts, addresses or networks such as 10.0.0.0/8, separated by commas');
  }
  return given;
});

const encryptionKeys = makeValidator((input) => {
  const keys = keyRingOf(input);
  if (keys === undefined) throw new EnvError(KEY_FORMAT);
  return keys;
});

const encryptionKeyFile = makeValidator((input) => {
  const content = contentOf(input);
  if (content === undefined) throw new EnvError('the path of a file this process can read');
  const keys = keyRingOf(content.toString());
  if (keys === undefined) throw new EnvError(`the path of a file that holds ${KEY_FORMAT}`);
  return keys;
});

const oneOf = <T extends string>(choices: readonly T[]) =>
  makeValidator((input) => {
    const found = choices.find((choice) => choice === input);
    if (found === undefined) throw new EnvError(`one of ${choices.join(', ')}`);
    return found;
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
  ENCRYPTION_KEY: encryptionKeys({ default: undefined }),
  ENCRYPTION_KEY_FILE: encryptionKeyFile({ default: undefined }),
  LOG_LEVEL: oneOf(LOG_LEVELS)({ default: 'info' as const }),
  MAX_CONNECTIONS_PER_ORGANIZATION: whole(1, 10_000)({ default: 10 }),
  TERMS_CACHE_MEGABYTES: whole(0, 100_000)({ default: 64 }),
  CHANGE_RETENTION_DAYS: whole(1, 36_500)({ default: 400 }),
  TRUSTED_PROXIES: networks({ default: [] }),
  RATE_LIMIT_PER_MINUTE: whole(0, 1_000_000_000)({ default: 0 }),
  RATE_LIMIT_READS_PER_MINUTE: whole(0, 1_000_000_000)({ default: undefined }),
  RATE_LIMIT_WRITES_PER_MINUTE: whole(0, 1_000_000_000)({ default: undefined }),
  REDIS_URL: redisUrl({ default: undefined }),
  EVENT_DESTINATIONS_ALLOW: hosts({ default: [] }),
  METRICS_HOST: str({ default: '127.0.0.1' }),
  METRICS_PORT: whole(0, 65535)({ default: undefined }),
  // OpenTelemetry's own; its SDK reads further ones by itself.
  OTEL_SDK_DISABLED: str({ default: undefined }),
  OTEL_SERVICE_NAME: str({ default: undefined }),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl({ default: undefined }),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: httpUrl({ default: undefined }),
};

/** Every variable that is read here. */
export const VARIABLES: readonly string[] = Object.keys(specs);

const SHARED_VARIABLES = ['PORT', 'TLS_PORT', 'PUBLIC_URL', 'DATABASE_URL', 'ENCRYPTION_KEY', 'ENCRYPTION_KEY_FILE'];

/** May hold a password or a key, so a bad value is never repeated. */
const SECRET_VARIABLES = new Set(['DATABASE_URL', 'REDIS_URL', 'ENCRYPTION_KEY']);

/**
 * Reads and checks the environment. An empty variable counts as absent.
 *
 * @throws ConfigError for the first bad value, naming the variable, what it got and what it takes.
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
  // Clients leave the default port out of the audience, and so does an origin.
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
    // Whoever migrates holds a lock of the session.
    migratesOnStart: env.MIGRATE_ON_START !== 'false' && !isPooled,
    auth: authConfig(env, production, [httpsLocal, httpLocal, publicUrl]),
    encryption: encryptionConfig(env, production),
    logLevel: env.LOG_LEVEL,
    maxConnectionsPerOrganization: env.MAX_CONNECTIONS_PER_ORGANIZATION,
    // Memory is good only where changes are heard, and a pooler passes no notifications on.
    termsCacheMegabytes: isPooled ? 0 : env.TERMS_CACHE_MEGABYTES,
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
    // Nobody who develops waits for proxies.
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

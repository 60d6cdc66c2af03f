import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, type AppConfig, type TlsConfig } from './config/config.js';
import { waitForDatabase } from './database/wait-for-database.js';
import type { TlsCredentials } from './http/adapter.js';
import { paths } from './paths.js';

// The database, encryption keys and certificate of the configuration or, in development, those that dev/ makes.

export interface OpenDatabase {
  readonly url: string;
  /** For the person who started the server, without the password. */
  readonly description: string;
  /** Releases an embedded database. Does nothing for any other. */
  readonly release: () => Promise<void>;
}

/**
 * Waits until the configured database answers, or starts the embedded one.
 *
 * @param signal cancels it
 * @throws DatabaseUnavailableError when the deadline passes without an answer, or at once when waiting would not help
 * @throws AbortError when it was cancelled
 */
export async function openDatabase({ databaseUrl, deadlines }: AppConfig, signal?: AbortSignal): Promise<OpenDatabase> {
  if (databaseUrl === undefined) {
    const { acquireEmbeddedPostgres } = await forDevelopment(import('./dev/embedded-postgres.js'));
    const { url, home, release } = await acquireEmbeddedPostgres(paths.data, {}, signal);
    return { url, description: `embedded Postgres in ${home}`, release };
  }
  await waitForDatabase(databaseUrl, deadlines.database, signal);
  const { host, pathname } = new URL(databaseUrl);
  return { url: databaseUrl, description: `Postgres at ${host}${pathname}`, release: () => Promise.resolve() };
}

/** Adds the encryption key of this checkout to a configuration without keys. */
export async function withEncryptionKeys(config: AppConfig): Promise<AppConfig> {
  if (config.encryption) return config;
  const { developmentKey } = await forDevelopment(import('./dev/encryption-key.js'));
  const file = paths.developmentKey;
  return { ...config, encryption: { keys: await developmentKey(file), variable: file } };
}

/** Reads the configured certificate, or the development certificate of this checkout. */
export async function tlsCredentials({ certificate }: TlsConfig): Promise<TlsCredentials> {
  const files = certificate ?? (await developmentCertificate());
  const [cert, key] = await Promise.all([readFile(files.certFile, 'utf8'), readFile(files.keyFile, 'utf8')]);
  return { cert, key };
}

async function developmentCertificate() {
  const { developmentCertificate: certificateIn } = await forDevelopment(import('./dev/certificate.js'));
  return certificateIn(join(paths.data, 'tls'));
}

/** @throws ConfigError in the production image, which is built without dev/ */
async function forDevelopment<T>(loading: Promise<T>): Promise<T> {
  try {
    return await loading;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new ConfigError('NODE_ENV', 'development', 'production: this image has no tools for development');
  }
}

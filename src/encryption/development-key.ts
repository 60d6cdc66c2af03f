import { randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigError, type AppConfig } from '../config/config.js';
import { KEY_BYTES, KEY_FORMAT, keyRingOf, type KeyRing } from '../config/key-ring.js';
import { paths } from '../paths.js';

/** The same, with keys to encrypt with: those that it has, or that of this checkout. */
export async function withEncryptionKeys(config: AppConfig): Promise<AppConfig> {
  if (config.encryption) return config;
  const file = paths.developmentKey;
  return { ...config, encryption: { keys: await developmentKey(file), variable: file } };
}

/**
 * The key of a checkout, for development. Made when it is not there; of several processes that start at once, one makes
 * it and the others find it.
 *
 * @throws ConfigError when the file holds something else, rather than to make a key that cannot read what there is
 */
export async function developmentKey(file: string): Promise<KeyRing> {
  const text = (await contentOf(file)) ?? (await make(file));
  const keys = keyRingOf(text);
  if (keys === undefined) throw new ConfigError(file, '(hidden)', KEY_FORMAT);
  return keys;
}

async function make(file: string): Promise<string> {
  await mkdir(dirname(file), { recursive: true });
  // Written first and linked into place, so that no process reads a part of it.
  const candidate = `${file}.${randomUUID()}`;
  await writeFile(candidate, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600, flag: 'wx' });
  try {
    await link(candidate, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(candidate, { force: true });
  }
  return readFile(file, 'utf8');
}

async function contentOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

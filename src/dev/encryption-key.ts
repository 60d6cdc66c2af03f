import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigError } from '../config/config.js';
import { KEY_BYTES, KEY_FORMAT, keyRingOf, type KeyRing } from '../config/key-ring.js';
import { withProcessLock } from './process-lock.js';

/**
 * Returns the encryption key of a checkout, and creates it when the file does not exist.
 *
 * @throws ConfigError when the file has other content: a new key could not decrypt the existing secrets
 */
export async function developmentKey(file: string): Promise<KeyRing> {
  await mkdir(dirname(file), { recursive: true });
  await withProcessLock(`${file}.lock`, async () => {
    if (existsSync(file)) return;
    await writeFile(`${file}.unfinished`, `${randomBytes(KEY_BYTES).toString('base64')}\n`, { mode: 0o600 });
    await rename(`${file}.unfinished`, file);
  });
  const keys = keyRingOf(await readFile(file, 'utf8'));
  if (keys === undefined) throw new ConfigError(file, '(hidden)', KEY_FORMAT);
  return keys;
}

import { createHash } from 'node:crypto';

/** A key for AES-256, and its id in the database. */
export interface EncryptionKey {
  /** A hash, which does not reveal the random key. */
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** The keys of a server. The first one encrypts, all of them decrypt. */
export type KeyRing = readonly [EncryptionKey, ...EncryptionKey[]];

export const KEY_BYTES = 32;

/** The format of a variable or file with keys, for messages. */
export const KEY_FORMAT =
  '32 random bytes in base64, as "openssl rand -base64 32" prints them; of several, separated by commas, the first encrypts';

const ID_DIGITS = 16;

/** Parses keys in base64 or hexadecimal digits, separated by commas or white space. Returns undefined for any other text. */
export function keyRingOf(text: string): KeyRing | undefined {
  const [first, ...others] = text.split(/[\s,]+/).filter((part) => part !== '');
  if (first === undefined) return undefined;
  const keys = [keyOf(first), ...others.map(keyOf)];
  return keys.every((key) => key !== undefined) ? (keys as unknown as KeyRing) : undefined;
}

function keyOf(text: string): EncryptionKey | undefined {
  const isHexadecimal = /^[0-9a-f]{64}$/i.test(text);
  if (!isHexadecimal && !/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return undefined;
  // Node's base64 accepts the alphabet for URLs too.
  const bytes = Buffer.from(text, isHexadecimal ? 'hex' : 'base64');
  return {
    id: createHash('sha256').update('vestibule encryption key ').update(bytes).digest('hex').slice(0, ID_DIGITS),
    bytes,
  };
}

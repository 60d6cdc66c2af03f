import { randomBytes, randomInt } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const ID_LENGTH = 16;

/** Returns letters and digits, each with the same probability, from the cryptographic random generator. */
export function randomText(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/** Returns an id such as `org_` and 16 letters and digits (95 random bits). */
export function newId(prefix: 'org' | 'con'): string {
  return `${prefix}_${randomText(ID_LENGTH)}`;
}

const SORTED_ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SORTED_LENGTH = 22;
const RANDOM_BITS = 80;

let lastSortedAt = 0;

/**
 * Returns an id that sorts after earlier ones: 48 bits of time and 80 random bits. The order is strict within a process,
 * and as exact as the clocks between processes.
 */
export function newSortedId(prefix: 'ord' | 'est'): string {
  lastSortedAt = Math.max(Date.now(), lastSortedAt + 1);
  const random = BigInt(`0x${randomBytes(RANDOM_BITS / 8).toString('hex')}`);
  let rest = (BigInt(lastSortedAt) << BigInt(RANDOM_BITS)) | random;
  let text = '';
  for (let at = 0; at < SORTED_LENGTH; at++) {
    text = SORTED_ALPHABET[Number(rest % 62n)] + text;
    rest /= 62n;
  }
  return `${prefix}_${text}`;
}

/** Returns an id of a user within its provider: 24 hexadecimal digits, 96 random bits. */
export const newUserKey = (): string => randomBytes(12).toString('hex');

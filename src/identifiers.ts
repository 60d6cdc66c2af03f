import { randomBytes, randomInt } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const ID_LENGTH = 16;

/** Letters and digits, each drawn evenly by the system's cryptographic generator. */
export function randomText(length: number): string {
  return Array.from({ length }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

/** A new id of a resource, e.g. `org_` and 16 letters and digits (95 random bits). */
export function newId(prefix: 'org' | 'con'): string {
  return `${prefix}_${randomText(ID_LENGTH)}`;
}

const SORTED_ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SORTED_LENGTH = 22;
const RANDOM_BITS = 80;

let lastSortedAt = 0;

/**
 * A new id that sorts after those made before: 48 bits of time and 80 random bits. In one process the order is strict;
 * between processes it is as good as their clocks.
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

/** A new id of a user within its provider: 24 hexadecimal digits, 96 random bits. */
export const newUserKey = (): string => randomBytes(12).toString('hex');

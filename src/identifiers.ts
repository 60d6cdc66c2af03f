import { randomInt } from 'node:crypto';

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

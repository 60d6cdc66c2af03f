import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { FormBody } from '../http/body-parsers.js';

/** Headers that decide what a request does. */
const DECIDING_HEADERS = ['if-match', 'if-none-match'] as const;

/** Identifies a request without storing any of it. */
export interface Identity {
  /** A hash of the caller and the key. */
  readonly id: string;
  /** A hash of everything else that the answer depends on. */
  readonly fingerprint: string;
}

/**
 * Both are SHA-256, hexadecimal. The fingerprint is salted with the key, which is stored nowhere, so that it does
 * not help to guess what was in the request, such as a password.
 */
export function identityOf({ caller, scopes, method, url, headers, body }: FastifyRequest, key: string): Identity {
  const deciding = DECIDING_HEADERS.map((name) => headers[name] ?? null);
  const form = body instanceof FormBody;
  return {
    id: hash([caller, key]),
    // What the caller may see of the answer is a question of the scopes.
    fingerprint: hash([key, method, url, [...(scopes ?? [])].sort(), deciding, form, body ?? null]),
  };
}

const hash = (parts: readonly unknown[]) => createHash('sha256').update(JSON.stringify(parts)).digest('hex');

import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { FormBody } from '../http/body-parsers.js';

/** Headers that affect what a request does. */
const RELEVANT_HEADERS = ['if-match', 'if-none-match'] as const;

/** Hashes (SHA-256, hexadecimal) that identify a request without storing its content. */
export interface Identity {
  /** A hash of the caller and the key. */
  readonly id: string;
  /** A hash of everything else that the answer depends on. */
  readonly fingerprint: string;
}

/**
 * The fingerprint is salted with the key, which is not stored, so that it does not help to guess a password in the
 * request.
 */
export function identityOf({ caller, scopes, method, url, headers, body }: FastifyRequest, key: string): Identity {
  const relevant = RELEVANT_HEADERS.map((name) => headers[name] ?? null);
  const form = body instanceof FormBody;
  return {
    id: hash([caller, key]),
    // The answer depends on the scopes.
    fingerprint: hash([key, method, url, [...(scopes ?? [])].sort(), relevant, form, body ?? null]),
  };
}

const hash = (parts: readonly unknown[]) => createHash('sha256').update(JSON.stringify(parts)).digest('hex');

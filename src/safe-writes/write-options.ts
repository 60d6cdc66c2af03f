import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DomainError } from '../errors/domain-error.js';
import { at, WORDING } from '../http/validation/wording.js';

export const DRY_RUN = 'Vestibule-Dry-Run';
export const IDEMPOTENCY_KEY = 'Idempotency-Key';
/** Marks a stored answer that is sent again. */
export const REPLAYED = 'Idempotency-Replayed';
export const MAX_KEY_LENGTH = 255;

/** PUT and DELETE are idempotent anyway. */
export const METHODS_WITH_KEY = ['POST', 'PATCH'];

/** A string of structured fields (RFC 9651, section 3.3.3). Without spaces and quotes in it, it may be unquoted. */
const QUOTED = /^"((?:[ !#-[\]-~]|\\["\\])*)"$/;
const BARE = /^[\w.:/+=~-]*$/;

export interface WriteOptions {
  /** Whether the request's writes are rolled back. */
  readonly dryRun: boolean;
  readonly key?: string;
}

/**
 * Returns undefined when the request has no write options.
 *
 * @throws DomainError `header_invalid`
 */
export function writeOptionsOf({ method, headers, caller }: Sender): WriteOptions | undefined {
  const flag = headers['vestibule-dry-run'];
  const sent = METHODS_WITH_KEY.includes(method) ? headers['idempotency-key'] : undefined;
  if (flag === undefined && sent === undefined) return undefined;
  const dryRun = flag !== undefined && flagOf(String(flag));
  if (sent === undefined) return dryRun ? { dryRun } : undefined;
  // Keys are separate for each subject.
  if (!caller) throw invalid(IDEMPOTENCY_KEY, 'Expected a token with a subject');
  return { dryRun, key: keyOf(String(sent)) };
}

type Sender = Pick<FastifyRequest, 'method' | 'headers' | 'caller'>;

/** Whether the request is a dry run, for effects that a rollback does not undo. */
export const IsDryRun = createParamDecorator((_: unknown, context: ExecutionContext): boolean => {
  return context.switchToHttp().getRequest<FastifyRequest>().writeOptions?.dryRun ?? false;
});

function flagOf(sent: string): boolean {
  if (sent !== 'true' && sent !== 'false') throw invalid(DRY_RUN, WORDING.isIn(sent));
  return sent === 'true';
}

/** A quoted key equals the same key without quotes. */
function keyOf(sent: string): string {
  const key = QUOTED.exec(sent)?.[1]?.replaceAll(/\\(.)/g, '$1') ?? BARE.exec(sent)?.[0];
  if (key === undefined) throw invalid(IDEMPOTENCY_KEY, WORDING.isFormat(sent, 'idempotency-key'));
  if (key === '') throw invalid(IDEMPOTENCY_KEY, WORDING.minLength(key, 1));
  if (key.length > MAX_KEY_LENGTH) throw invalid(IDEMPOTENCY_KEY, WORDING.maxLength(key, MAX_KEY_LENGTH));
  return key;
}

const invalid = (header: string, detail: string) => new DomainError('header_invalid', at(detail, [header]));

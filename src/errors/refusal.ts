import { DomainError, type ErrorCode } from './domain-error.js';

/** A repository's answer that it did nothing, and why. */
export interface Refusal<Code extends ErrorCode = ErrorCode> {
  readonly refused: Code;
  /** As {@link DomainError.detail}. */
  readonly detail?: string;
}

export const refusal = <Code extends ErrorCode>(code: Code, detail?: string): Refusal<Code> => ({
  refused: code,
  detail,
});

/** @throws DomainError when the outcome is a refusal */
export function accepted<T>(outcome: T | Refusal): T {
  if (isRefusal(outcome)) throw new DomainError(outcome.refused, outcome.detail);
  return outcome;
}

function isRefusal(outcome: unknown): outcome is Refusal {
  return typeof outcome === 'object' && outcome !== null && 'refused' in outcome;
}

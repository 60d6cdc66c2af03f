import { DomainError, type ErrorCode } from './domain-error.js';

/** A repository's answer that it did nothing, and why. */
export interface Refusal<Code extends ErrorCode = ErrorCode> {
  readonly refused: Code;
}

export const refusal = <Code extends ErrorCode>(code: Code): Refusal<Code> => ({ refused: code });

/** @throws DomainError when the outcome is a refusal */
export function accepted<T>(outcome: T | Refusal, detail?: string): T {
  if (isRefusal(outcome)) throw new DomainError(outcome.refused, detail);
  return outcome;
}

function isRefusal(outcome: unknown): outcome is Refusal {
  return typeof outcome === 'object' && outcome !== null && 'refused' in outcome;
}

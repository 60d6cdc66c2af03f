import { DomainError, type ErrorCode } from './domain-error.js';

/** The value that a repository gave. @throws DomainError of this code when there is none */
export function found<T>(value: T | null | undefined, otherwise: ErrorCode): T {
  if (value === null || value === undefined) throw new DomainError(otherwise);
  return value;
}

import { DomainError, type ErrorCode } from './domain-error.js';

/** Returns the value of a repository. @throws DomainError with this code when it is null or undefined */
export function found<T>(value: T | null | undefined, otherwise: ErrorCode): T {
  if (value === null || value === undefined) throw new DomainError(otherwise);
  return value;
}

import { DomainError } from '../errors/domain-error.js';

/** The token in an `Authorization` header, or why there is none. */
export function bearerToken(header: string | undefined): string | DomainError {
  if (header === undefined) return new DomainError('authentication_missing');
  const [, token] = /^Bearer +([^\s]+)$/i.exec(header) ?? [];
  return token ?? new DomainError('authorization_header_malformed');
}

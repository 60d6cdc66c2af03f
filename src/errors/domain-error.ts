/** Every cause for which a request is refused. What each becomes on the wire is in `http/error-table.ts`. */
export type ErrorCode =
  | 'signup_not_supported'
  | 'hidden_button_not_supported'
  | 'connection_in_body_unknown'
  | 'connection_limit_reached'
  | 'discovery_domain_limit_reached'
  | 'body_invalid'
  | 'query_invalid'
  | 'path_invalid'
  | 'header_invalid'
  | 'json_invalid'
  | 'authentication_missing'
  | 'authorization_header_malformed'
  | 'token_malformed'
  | 'token_expired'
  | 'token_signature_invalid'
  | 'token_issuer_unexpected'
  | 'token_audience_invalid'
  | 'scope_insufficient'
  | 'organization_not_found'
  | 'organization_connection_not_found'
  | 'connection_not_found'
  | 'user_not_found'
  | 'discovery_domain_not_found'
  | 'organization_name_taken'
  | 'connection_name_taken'
  | 'organization_connection_exists'
  | 'user_exists'
  | 'discovery_domain_exists'
  | 'idempotency_key_in_use'
  | 'idempotency_key_reused'
  | 'too_many_requests'
  | 'keys_unavailable'
  | 'row_locked'
  | 'database_unavailable';

/** An expected refusal, thrown where the request cannot go on. */
export class DomainError extends Error {
  /** @param detail what the message of this code leaves open: the failed check, the scopes, the limit */
  constructor(
    readonly code: ErrorCode,
    readonly detail: string = '',
  ) {
    super(detail === '' ? code : `${code}: ${detail}`);
    this.name = 'DomainError';
  }
}

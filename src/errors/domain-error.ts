/** Every reason to refuse a request. `http/error-table.ts` maps each to an answer. */
export type ErrorCode =
  | 'signup_not_supported'
  | 'hidden_button_not_supported'
  | 'connection_in_body_unknown'
  | 'connection_named_twice'
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
  | 'change_not_found'
  | 'log_not_found'
  | 'event_stream_limit_reached'
  | 'event_stream_not_found'
  | 'event_delivery_not_found'
  | 'events_gone'
  | 'organization_name_taken'
  | 'connection_name_taken'
  | 'organization_connection_exists'
  | 'move_breaks_rules'
  | 'move_meets_other'
  | 'user_exists'
  | 'discovery_domain_exists'
  | 'precondition_failed'
  | 'change_not_revertible'
  | 'idempotency_key_in_use'
  | 'idempotency_key_reused'
  | 'too_many_requests'
  | 'keys_unavailable'
  | 'row_locked'
  | 'overloaded'
  | 'database_unavailable';

/** An expected refusal of a request. */
export class DomainError extends Error {
  /**
   * @param detail the variable part of the message, such as the failed check, the scopes or the limit
   * @param place the refused item of a request with many, such as `connections.3`
   * @param cause the error to log, when the request is not at fault
   */
  constructor(
    readonly code: ErrorCode,
    readonly detail: string = '',
    readonly place: string = '',
    cause?: unknown,
  ) {
    super([place, code, detail].filter((part) => part !== '').join(': '), { cause });
    this.name = 'DomainError';
  }

  at(place: string): DomainError {
    return new DomainError(this.code, this.detail, place, this.cause);
  }
}

/** Runs work for one item of a request. @throws DomainError with the place of the item */
export function inPlace<T>(place: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof DomainError ? error.at(place) : error;
  }
}

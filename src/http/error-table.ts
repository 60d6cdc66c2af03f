import type { DomainError, ErrorCode } from '../errors/domain-error.js';
import { errorBody, type ErrorBody } from './error-body.js';

interface ErrorRow {
  readonly status: number;
  /** `%` stands for the detail of the error. */
  readonly message: string;
  readonly errorCode?: string;
  /** The value of the header `Retry-After`. */
  readonly retryAfterSeconds?: number;
  /** The resource to create exists already, which with `If-None-Match: *` is a failed precondition. */
  readonly isThereAlready?: true;
}

/** One row for each cause. The wording is that of the Management API. docs/errors.md has the same table. */
export const ERROR_TABLE: Readonly<Record<ErrorCode, ErrorRow>> = {
  signup_not_supported: {
    status: 400,
    message: 'Only database connections with assign_membership_on_login = true support is_signup_enabled = true.',
    errorCode: 'invalid_body',
  },
  hidden_button_not_supported: {
    status: 400,
    message: 'Only enterprise connections support show_as_button = false.',
    errorCode: 'invalid_body',
  },
  connection_in_body_unknown: { status: 400, message: 'The connection does not exist', errorCode: 'invalid_body' },
  connection_named_twice: {
    status: 400,
    message: 'The connection is in the list already, at index %.',
    errorCode: 'invalid_body',
  },
  connection_limit_reached: {
    status: 400,
    message: 'An organization can have at most % connections.',
    errorCode: 'limit_reached',
  },
  discovery_domain_limit_reached: {
    status: 400,
    message: 'An organization can have at most % discovery domains.',
    errorCode: 'limit_reached',
  },
  event_stream_limit_reached: {
    status: 400,
    message: 'There can be at most % event streams.',
    errorCode: 'limit_reached',
  },
  body_invalid: { status: 400, message: 'Payload validation error: %.', errorCode: 'invalid_body' },
  query_invalid: { status: 400, message: 'Query validation error: %.', errorCode: 'invalid_query_string' },
  path_invalid: { status: 400, message: 'Path validation error: %.', errorCode: 'invalid_uri' },
  header_invalid: { status: 400, message: 'Header validation error: %.', errorCode: 'invalid_headers' },
  json_invalid: { status: 400, message: 'Invalid request payload JSON format' },
  authentication_missing: { status: 401, message: 'Missing authentication' },
  authorization_header_malformed: {
    status: 400,
    message: 'Bad HTTP authentication header format',
    errorCode: 'Bearer',
  },
  token_malformed: { status: 401, message: 'Invalid token', errorCode: 'invalid_token' },
  token_expired: {
    status: 401,
    message: 'Expired token received for JSON Web Token validation',
    errorCode: 'invalid_token',
  },
  token_signature_invalid: {
    status: 401,
    message: 'Invalid signature received for JSON Web Token validation',
    errorCode: 'invalid_token',
  },
  token_issuer_unexpected: { status: 401, message: 'Unexpected issuer', errorCode: 'invalid_token' },
  token_audience_invalid: { status: 401, message: 'Invalid audience', errorCode: 'invalid_token' },
  scope_insufficient: {
    status: 403,
    message: 'Insufficient scope, expected any of: %',
    errorCode: 'insufficient_scope',
  },
  organization_not_found: { status: 404, message: 'No organization found by that id or name' },
  organization_connection_not_found: { status: 404, message: 'No connection found by that id' },
  connection_not_found: {
    status: 404,
    message: 'The connection does not exist',
    errorCode: 'inexistent_connection',
  },
  user_not_found: { status: 404, message: 'The user does not exist.', errorCode: 'inexistent_user' },
  discovery_domain_not_found: { status: 404, message: 'No organization domain found by that id' },
  change_not_found: { status: 404, message: 'No change found by that sequence' },
  log_not_found: { status: 404, message: 'Log not found', errorCode: 'log_not_found' },
  event_stream_not_found: { status: 404, message: 'No event stream found by that id' },
  event_delivery_not_found: { status: 404, message: 'No failed delivery found by that id' },
  events_gone: { status: 410, message: 'The events from there on are no longer kept', errorCode: 'cursor_expired' },
  organization_name_taken: {
    status: 409,
    message: 'An organization with this name already exists.',
    errorCode: 'organization_conflict',
    isThereAlready: true,
  },
  connection_name_taken: {
    status: 409,
    message: 'A connection with the same name already exists',
    errorCode: 'connection_conflict',
    isThereAlready: true,
  },
  organization_connection_exists: {
    status: 409,
    message: 'The organization connection already exists.',
    isThereAlready: true,
  },
  user_exists: {
    status: 409,
    message: 'The user already exists.',
    errorCode: 'auth0_idp_error',
    isThereAlready: true,
  },
  discovery_domain_exists: { status: 409, message: 'The organization domain already exists.', isThereAlready: true },
  precondition_failed: {
    status: 412,
    message: 'The resource is not as If-Match or If-None-Match asks for, read it again',
    errorCode: 'precondition_failed',
  },
  change_not_revertible: {
    status: 409,
    message: 'This change cannot be reverted',
    errorCode: 'change_not_revertible',
  },
  move_breaks_rules: {
    status: 409,
    message: 'The other connection cannot have the flags of %',
    errorCode: 'terms_not_supported',
  },
  move_meets_other: {
    status: 409,
    message: 'The other connection is there already in %',
    errorCode: 'connection_present',
  },
  idempotency_key_in_use: {
    status: 409,
    message: 'A request with this Idempotency-Key is still running, try again',
    errorCode: 'idempotency_key_in_use',
    retryAfterSeconds: 1,
  },
  idempotency_key_reused: {
    status: 422,
    message: 'This Idempotency-Key was sent with another request before',
    errorCode: 'idempotency_key_reused',
  },
  too_many_requests: { status: 429, message: 'Global limit has been reached', errorCode: 'too_many_requests' },
  keys_unavailable: {
    status: 503,
    message: 'The keys of the token issuer cannot be loaded',
    errorCode: 'keys_unavailable',
    retryAfterSeconds: 5,
  },
  row_locked: {
    status: 503,
    message: 'The resource is locked by another change, try again',
    errorCode: 'resource_locked',
    retryAfterSeconds: 1,
  },
  overloaded: {
    status: 503,
    message: 'The service has more to do than it can, try again',
    errorCode: 'service_overloaded',
    retryAfterSeconds: 1,
  },
  database_unavailable: {
    status: 503,
    message: 'The database cannot be reached, try again',
    errorCode: 'database_unavailable',
    retryAfterSeconds: 1,
  },
};

export function refusalBody({ code, detail, place }: DomainError): ErrorBody {
  const { status, message, errorCode } = ERROR_TABLE[code];
  const text = message.replace('%', () => detail);
  return errorBody(status, place === '' ? text : `${place}: ${text}`, errorCode);
}

import { STATUS_CODES } from 'node:http';

const error = (statusCode: number, message: string, errorCode?: string) => ({
  status: statusCode,
  body: { statusCode, error: STATUS_CODES[statusCode], message, ...(errorCode === undefined ? {} : { errorCode }) },
});

type Refusal = ReturnType<typeof error>;

/** The same for one item of a request, whose place the message names. */
export const inPlace = (place: string, { status, body }: Refusal): Refusal => ({
  status,
  body: { ...body, message: `${place}: ${body.message}` },
});

/** What the service must answer, written out once more and not taken from its own table. */
export const refusals = {
  signupNotSupported: error(
    400,
    'Only database connections with assign_membership_on_login = true support is_signup_enabled = true.',
    'invalid_body',
  ),
  hiddenButtonNotSupported: error(400, 'Only enterprise connections support show_as_button = false.', 'invalid_body'),
  connectionInBodyUnknown: error(400, 'The connection does not exist', 'invalid_body'),
  connectionNamedTwice: (index: number) =>
    error(400, `The connection is in the list already, at index ${index}.`, 'invalid_body'),
  connectionLimitReached: (limit = 10) =>
    error(400, `An organization can have at most ${limit} connections.`, 'limit_reached'),
  discoveryDomainLimitReached: error(400, 'An organization can have at most 100 discovery domains.', 'limit_reached'),
  invalidBody: (detail: string) => error(400, `Payload validation error: ${detail}.`, 'invalid_body'),
  invalidQuery: (detail: string) => error(400, `Query validation error: ${detail}.`, 'invalid_query_string'),
  invalidPath: (detail: string) => error(400, `Path validation error: ${detail}.`, 'invalid_uri'),
  invalidHeader: (detail: string) => error(400, `Header validation error: ${detail}.`, 'invalid_headers'),
  invalidJson: error(400, 'Invalid request payload JSON format'),
  noToken: error(401, 'Missing authentication'),
  badAuthorizationHeader: error(400, 'Bad HTTP authentication header format', 'Bearer'),
  invalidToken: error(401, 'Invalid token', 'invalid_token'),
  expiredToken: error(401, 'Expired token received for JSON Web Token validation', 'invalid_token'),
  invalidSignature: error(401, 'Invalid signature received for JSON Web Token validation', 'invalid_token'),
  unexpectedIssuer: error(401, 'Unexpected issuer', 'invalid_token'),
  invalidAudience: error(401, 'Invalid audience', 'invalid_token'),
  insufficientScope: (...scopes: string[]) =>
    error(403, `Insufficient scope, expected any of: ${scopes.join(', ')}`, 'insufficient_scope'),
  organizationNotFound: error(404, 'No organization found by that id or name'),
  organizationConnectionNotFound: error(404, 'No connection found by that id'),
  connectionNotFound: error(404, 'The connection does not exist', 'inexistent_connection'),
  userNotFound: error(404, 'The user does not exist.', 'inexistent_user'),
  discoveryDomainNotFound: error(404, 'No organization domain found by that id'),
  changeNotFound: error(404, 'No change found by that sequence'),
  logNotFound: error(404, 'Log not found', 'log_not_found'),
  changeNotRevertible: error(409, 'This change cannot be reverted', 'change_not_revertible'),
  eventStreamNotFound: error(404, 'No event stream found by that id'),
  eventDeliveryNotFound: error(404, 'No failed delivery found by that id'),
  eventStreamLimitReached: error(400, 'There can be at most 100 event streams.', 'limit_reached'),
  eventsGone: error(410, 'The events from there on are no longer kept', 'cursor_expired'),
  organizationNameTaken: error(409, 'An organization with this name already exists.', 'organization_conflict'),
  connectionNameTaken: error(409, 'A connection with the same name already exists', 'connection_conflict'),
  organizationConnectionExists: error(409, 'The organization connection already exists.'),
  moveBreaksRules: (organizations: string) =>
    error(409, `The other connection cannot have the flags of ${organizations}`, 'terms_not_supported'),
  moveMeetsOther: (organizations: string) =>
    error(409, `The other connection is there already in ${organizations}`, 'connection_present'),
  userExists: error(409, 'The user already exists.', 'auth0_idp_error'),
  discoveryDomainExists: error(409, 'The organization domain already exists.'),
  preconditionFailed: error(
    412,
    'The resource is not as If-Match or If-None-Match asks for, read it again',
    'precondition_failed',
  ),
  idempotencyKeyInUse: error(
    409,
    'A request with this Idempotency-Key is still running, try again',
    'idempotency_key_in_use',
  ),
  idempotencyKeyReused: error(
    422,
    'This Idempotency-Key was sent with another request before',
    'idempotency_key_reused',
  ),
  rowLocked: error(503, 'The resource is locked by another change, try again', 'resource_locked'),
  overloaded: error(503, 'The service has more to do than it can, try again', 'service_overloaded'),
  databaseUnavailable: error(503, 'The database cannot be reached, try again', 'database_unavailable'),
  keysUnavailable: error(503, 'The keys of the token issuer cannot be loaded', 'keys_unavailable'),
  tooManyRequests: error(429, 'Global limit has been reached', 'too_many_requests'),
};

import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorBodyOf, retryAfterOf } from '../http/exception.filter.js';
import { OAuthError } from './oauth-error.js';

/** Where the built-in issuer gives out tokens. */
export const TOKEN_ENDPOINT = '/oauth/token';

/** Answers an error of the token endpoint in the form of RFC 6749, section 5.2. */
export function sendOAuthError(exception: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const { status, error, description, retryAfterSeconds } =
    exception instanceof OAuthError ? exception : oauthErrorOf(exception, request);
  if (exception instanceof OAuthError && status !== 400) {
    request.server.refusalLog.add(`${error} at ${TOKEN_ENDPOINT}`, request);
  }
  void reply.status(status).header('cache-control', 'no-store');
  if (status === 401) void reply.header('www-authenticate', 'Basic realm="oauth/token"');
  if (retryAfterSeconds !== undefined) void reply.header('retry-after', retryAfterSeconds);
  void reply.send({ error, error_description: description });
}

function oauthErrorOf(exception: unknown, request: FastifyRequest): OAuthError {
  const { statusCode, message } = errorBodyOf(exception, request);
  const error = statusCode >= 500 ? 'server_error' : statusCode === 429 ? 'too_many_requests' : 'invalid_request';
  return new OAuthError(statusCode, error, message, retryAfterOf(exception));
}

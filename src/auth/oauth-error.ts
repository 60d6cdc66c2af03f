import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorBodyOf, retryAfterOf } from '../http/exception.filter.js';

export const TOKEN_ENDPOINT = '/oauth/token';

/** An error of the token endpoint (RFC 6749, section 5.2). */
export class OAuthError extends Error {
  constructor(
    readonly status: number,
    readonly error: string,
    readonly description: string,
    /** The value of the header `Retry-After`. */
    readonly retryAfterSeconds?: number,
  ) {
    super(`${error}: ${description}`);
  }
}

/** Sends an error in the format of RFC 6749, section 5.2. */
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

import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { errorBodyOf, retryAfterOf } from '../http/exception.filter.js';
import { OAuthError } from './oauth-error.js';

/** Where the built-in issuer gives out tokens. */
export const TOKEN_ENDPOINT = '/oauth/token';

/** Answers every error of the token endpoint in the form of RFC 6749, section 5.2. */
@Catch()
export class OAuthExceptionFilter implements ExceptionFilter {
  catch(exception: unknown, host: ArgumentsHost): void {
    sendOAuthError(exception, host.switchToHttp().getRequest(), host.switchToHttp().getResponse());
  }
}

/** The same for what Fastify refuses before there is a handler, such as a body that cannot be read. */
export function registerOAuthErrors(fastify: FastifyInstance): void {
  fastify.addHook('onRoute', (route) => {
    if (route.url === TOKEN_ENDPOINT) route.errorHandler = sendOAuthError;
  });
}

function sendOAuthError(exception: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const { status, error, description, retryAfterSeconds } =
    exception instanceof OAuthError ? exception : oauthErrorOf(exception, request);
  if (exception instanceof OAuthError && status !== 400) request.refusal = `${error} at ${TOKEN_ENDPOINT}`;
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

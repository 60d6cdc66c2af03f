import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../errors/domain-error.js';
import { errorBody, plainErrorBody, type ErrorBody } from './error-body.js';
import { ERROR_TABLE, refusalBody } from './error-table.js';

export type SendError = (exception: unknown, request: FastifyRequest, reply: FastifyReply) => void;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** For a route whose protocol defines its own errors. The default is {@link sendError}. */
    sendError?: SendError;
  }
}

/** Turns every error into an answer, also those of Fastify and its hooks. */
@Catch()
export class ExceptionToResponseFilter implements ExceptionFilter {
  catch(exception: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const send = request.routeOptions.config.sendError ?? sendError;
    send(exception, request, host.switchToHttp().getResponse());
  }
}

/** Answers in the form of the Management API. */
export function sendError(exception: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const body = errorBodyOf(exception, request);
  const retryAfter = retryAfterOf(exception);
  if (retryAfter !== undefined) void reply.header('retry-after', retryAfter);
  void reply.status(body.statusCode).send(body);
}

/** Returns the body for an error. Logs the cause where the body must not show it. */
export function errorBodyOf(exception: unknown, request: FastifyRequest): ErrorBody {
  if (exception instanceof DomainError) {
    if (exception.cause !== undefined) logFailure(exception.cause, request);
    return refusalBody(underPreconditions(exception, request));
  }
  const status = clientErrorStatus(exception);
  if (status !== undefined) return plainErrorBody(status);

  logFailure(exception, request);
  return errorBody(500, `An unexpected error occurred, request id ${request.id}`);
}

function logFailure(cause: unknown, request: FastifyRequest): void {
  request.log.error({ requestId: request.id, err: loggable(cause) }, 'request failed');
}

/** With `If-None-Match: *`, a resource that exists already is a failed precondition. */
function underPreconditions(refusal: DomainError, { preconditions }: FastifyRequest): DomainError {
  const isThereAlready = ERROR_TABLE[refusal.code].isThereAlready && preconditions?.areForCreation;
  return isThereAlready ? new DomainError('precondition_failed') : refusal;
}

/** Returns the seconds of `Retry-After`, or undefined for an error without that header. */
export const retryAfterOf = (exception: unknown) =>
  exception instanceof DomainError ? ERROR_TABLE[exception.code].retryAfterSeconds : undefined;

/** Leaves out the detail of a database error, which has values of the request. */
function loggable(exception: unknown): object {
  if (!(exception instanceof Error)) return { type: typeof exception };
  const { message, stack, code, constraint } = exception as Error & { code?: unknown; constraint?: unknown };
  // pino shows the name of the constructor as the type.
  return { constructor: exception.constructor, message, stack, code, constraint };
}

/** Returns the status of an error of Fastify or Nest, such as an unknown path or a body that is too large. */
function clientErrorStatus(exception: unknown): number | undefined {
  const status =
    exception instanceof HttpException
      ? exception.getStatus()
      : (exception as { statusCode?: unknown } | undefined)?.statusCode;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}

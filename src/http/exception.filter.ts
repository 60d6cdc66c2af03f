import { Catch, HttpException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../errors/domain-error.js';
import { errorBody, plainErrorBody, type ErrorBody } from './error-body.js';
import { ERROR_TABLE, refusalBody } from './error-table.js';

export type SendError = (exception: unknown, request: FastifyRequest, reply: FastifyReply) => void;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** For a route whose protocol has errors of its own. By default {@link sendError}. */
    sendError?: SendError;
  }
}

/** Where every error becomes an answer, also what Fastify and its hooks refuse before there is a controller. */
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

/** What is said of an error. Why it was is logged, where the answer must not say. */
export function errorBodyOf(exception: unknown, request: FastifyRequest): ErrorBody {
  if (exception instanceof DomainError) {
    if (exception.cause !== undefined) logFailure(exception.cause, request);
    return refusalBody(asPreconditionsHaveIt(exception, request));
  }
  const status = clientErrorStatus(exception);
  if (status !== undefined) return plainErrorBody(status);

  logFailure(exception, request);
  return errorBody(500, `An unexpected error occurred, request id ${request.id}`);
}

function logFailure(cause: unknown, request: FastifyRequest): void {
  request.log.error({ requestId: request.id, err: loggable(cause) }, 'request failed');
}

/** Whoever asked that there be nothing yet is told that there is something. */
function asPreconditionsHaveIt(refusal: DomainError, { preconditions }: FastifyRequest): DomainError {
  const isThereAlready = ERROR_TABLE[refusal.code].isThereAlready && preconditions?.areForCreation;
  return isThereAlready ? new DomainError('precondition_failed') : refusal;
}

/** In seconds; undefined: nothing is said of it. */
export const retryAfterOf = (exception: unknown) =>
  exception instanceof DomainError ? ERROR_TABLE[exception.code].retryAfterSeconds : undefined;

/** Not the whole error: a database puts the values of the row into its details, and those came with the request. */
function loggable(exception: unknown): object {
  if (!(exception instanceof Error)) return { type: typeof exception };
  const { message, stack, code, constraint } = exception as Error & { code?: unknown; constraint?: unknown };
  // By its constructor pino names the class of an error.
  return { constructor: exception.constructor, message, stack, code, constraint };
}

/** What Fastify or Nest refuse before a handler runs: an unknown path, a body that is too large, and so on. */
function clientErrorStatus(exception: unknown): number | undefined {
  const status =
    exception instanceof HttpException
      ? exception.getStatus()
      : (exception as { statusCode?: unknown } | undefined)?.statusCode;
  return typeof status === 'number' && status >= 400 && status < 500 ? status : undefined;
}

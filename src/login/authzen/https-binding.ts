import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../../errors/domain-error.js';
import { ERROR_TABLE } from '../../http/error-table.js';
import { sendError } from '../../http/exception.filter.js';

/** Returns the `X-Request-ID` of the request, as the AuthZEN HTTPS binding specifies. */
@Injectable()
export class RequestIdInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    const http = context.switchToHttp();
    returnRequestId(http.getRequest(), http.getResponse());
    return next.handle();
  }
}

/** Sends errors as the AuthZEN HTTPS binding specifies: a malformed header is 401, and 401 names the scheme. */
export function sendAuthzenError(exception: unknown, request: FastifyRequest, reply: FastifyReply): void {
  returnRequestId(request, reply);
  if (!(exception instanceof DomainError)) return sendError(exception, request, reply);
  const isMalformed = exception.code === 'authorization_header_malformed';
  const error = isMalformed ? new DomainError('authentication_missing') : exception;
  if (ERROR_TABLE[error.code].status === 401) void reply.header('www-authenticate', 'Bearer');
  sendError(error, request, reply);
}

/** Returns the id unchanged, even one that is unfit for the log, which then has a generated id. */
function returnRequestId({ headers }: FastifyRequest, reply: FastifyReply): void {
  const id = headers['x-request-id'];
  if (id) void reply.header('x-request-id', id);
}

import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { DomainError } from '../../errors/domain-error.js';
import { ERROR_TABLE } from '../../http/error-table.js';
import { sendError } from '../../http/exception.filter.js';

/** Gives an answer the `X-Request-ID` of its request, as the AuthZEN HTTPS binding wants it. */
@Injectable()
export class RequestIdInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    const http = context.switchToHttp();
    returnRequestId(http.getRequest(), http.getResponse());
    return next.handle();
  }
}

/** Answers an error as the AuthZEN HTTPS binding wants it: 401 names the scheme, also for a header that is no bearer token. */
export function sendAuthzenError(exception: unknown, request: FastifyRequest, reply: FastifyReply): void {
  returnRequestId(request, reply);
  if (!(exception instanceof DomainError)) return sendError(exception, request, reply);
  const isMalformed = exception.code === 'authorization_header_malformed';
  const error = isMalformed ? new DomainError('authentication_missing') : exception;
  if (ERROR_TABLE[error.code].status === 401) void reply.header('www-authenticate', 'Bearer');
  sendError(error, request, reply);
}

/** Whatever it looks like. The log has an id of ours in place of one that it would not show. */
function returnRequestId({ headers }: FastifyRequest, reply: FastifyReply): void {
  const id = headers['x-request-id'];
  if (id) void reply.header('x-request-id', id);
}

import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { HTTP_CODE_METADATA } from '@nestjs/common/constants.js';
import type { FastifyRequest } from 'fastify';
import { Actor } from '../actor.js';

/** The status that Nest answers with when the handler succeeds. */
const statusOf = (context: ExecutionContext) =>
  (Reflect.getMetadata(HTTP_CODE_METADATA, context.getHandler()) as number | undefined) ??
  (context.switchToHttp().getRequest<FastifyRequest>().method === 'POST' ? 201 : 200);

/** The actor that the request's writes are recorded with. */
export const RequestActor = createParamDecorator((_: unknown, context: ExecutionContext): Actor => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  return new Actor({
    subject: request.caller ?? '',
    client_id: request.callerClientId,
    ip: request.ip,
    user_agent: request.headers['user-agent'],
    request_id: request.id,
    method: request.method,
    status: statusOf(context),
    host: request.host,
    path: request.url.split('?', 1)[0],
  });
});

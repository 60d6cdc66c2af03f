import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Actor } from '../database/actor.js';

/** In whose name the request writes. */
export const RequestActor = createParamDecorator((_: unknown, context: ExecutionContext): Actor => {
  const request = context.switchToHttp().getRequest<FastifyRequest>();
  return new Actor({
    subject: request.caller ?? '',
    client_id: request.callerClientId,
    ip: request.ip,
    user_agent: request.headers['user-agent'],
    request_id: request.id,
    method: request.method,
    host: request.host,
    path: request.url.split('?', 1)[0],
  });
});

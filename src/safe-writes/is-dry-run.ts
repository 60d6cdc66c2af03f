import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** Whether everything that the request writes is undone: for effects that a rollback does not undo. */
export const IsDryRun = createParamDecorator((_: unknown, context: ExecutionContext): boolean => {
  return context.switchToHttp().getRequest<FastifyRequest>().writeOptions?.dryRun ?? false;
});

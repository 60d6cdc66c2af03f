import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

/** Names every answer with the id of its request, and logs a line for each: who asked what, never bodies or tokens. */
export function registerAccessLog(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    done();
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    logRequest(request, reply);
    done();
  });
}

/** The line of a request; by itself for one that no hook sees. */
export function logRequest(request: FastifyRequest, reply: FastifyReply): void {
  request.log.info(
    {
      requestId: request.id,
      caller: request.caller,
      method: request.method,
      path: request.url.split('?', 1)[0],
      status: reply.statusCode,
      // Undefined, and so left out, for almost every request.
      dryRun: request.care?.dryRun || undefined,
      replayed: request.care?.isReplayed,
      milliseconds: Math.round(reply.elapsedTime * 10) / 10,
    },
    'request',
  );
}

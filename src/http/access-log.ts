import { channel } from 'node:diagnostics_channel';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

export interface AnsweredRequest {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Publishes an {@link AnsweredRequest} for each request. */
export const answeredRequests = channel('vestibule:http.answered');

/** Logs a line for each request, without bodies and tokens. */
export function registerAccessLog(fastify: FastifyInstance): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    noteAnswer(request, reply);
    done();
  });
}

/** Logs and publishes one request. Call it for a request that Fastify's hooks do not see. */
export function noteAnswer(request: FastifyRequest, reply: FastifyReply): void {
  if (answeredRequests.hasSubscribers) answeredRequests.publish({ request, reply } satisfies AnsweredRequest);
  request.log.info(
    {
      requestId: request.id,
      caller: request.caller,
      method: request.method,
      path: request.url.split('?', 1)[0],
      status: reply.statusCode,
      // Left out when undefined, as for almost every request.
      dryRun: request.writeOptions?.dryRun || undefined,
      replayed: request.writeOptions?.isReplayed,
      milliseconds: Math.round(reply.elapsedTime * 10) / 10,
    },
    'request',
  );
}

import { channel } from 'node:diagnostics_channel';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

export interface AnsweredRequest {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Where whoever counts requests hears of each, as an {@link AnsweredRequest}. */
export const answeredRequests = channel('vestibule:http.answered');

/** Logs a line for each request: who asked what, never bodies or tokens. */
export function registerAccessLog(fastify: FastifyInstance): void {
  fastify.addHook('onResponse', (request, reply, done) => {
    noteAnswer(request, reply);
    done();
  });
}

/** Logs the line of a request and tells who counts; by itself for one that no hook sees. */
export function noteAnswer(request: FastifyRequest, reply: FastifyReply): void {
  if (answeredRequests.hasSubscribers) answeredRequests.publish({ request, reply } satisfies AnsweredRequest);
  request.log.info(
    {
      requestId: request.id,
      caller: request.caller,
      method: request.method,
      path: request.url.split('?', 1)[0],
      status: reply.statusCode,
      // Undefined, and so left out, for almost every request.
      dryRun: request.writeOptions?.dryRun || undefined,
      replayed: request.writeOptions?.isReplayed,
      milliseconds: Math.round(reply.elapsedTime * 10) / 10,
    },
    'request',
  );
}

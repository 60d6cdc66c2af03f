import type { FastifyInstance, FastifyRequest } from 'fastify';
import { bearerToken } from '../../auth/authentication.js';
import { DomainError } from '../../errors/domain-error.js';

/** What AuthZEN wants of every answer over HTTPS, also of a refusal, where the rest of the service does otherwise. */
export function registerAuthzenBinding(fastify: FastifyInstance): void {
  fastify.addHook('onRequest', (request, _reply, done) => {
    const token = isEvaluation(request) ? bearerToken(request.headers.authorization) : undefined;
    done(token instanceof DomainError ? new DomainError('authentication_missing') : undefined);
  });
  fastify.addHook('onSend', (request, reply, _payload, done) => {
    if (isEvaluation(request)) {
      if (reply.statusCode === 401) reply.header('www-authenticate', 'Bearer');
      // Whatever it looks like. The log has an id of ours in place of one that it would not show.
      const ownId = request.headers['x-request-id'];
      if (ownId) reply.header('x-request-id', ownId);
    }
    done();
  });
}

const isEvaluation = ({ url }: FastifyRequest) => url.startsWith('/access/');

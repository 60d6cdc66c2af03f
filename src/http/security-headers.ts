import type { FastifyInstance } from 'fastify';
import type { AppConfig } from '../config/config.js';

/**
 * For a browser that opens an answer: it is what its type says, loads and runs nothing, is shown in no frame, and leads
 * nobody elsewhere with its address.
 */
export const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
} as const;

const ONE_YEAR = 'max-age=31536000';

/**
 * Puts them on every answer. HTTPS is made lasting only where it is there to stay: the development certificate is for
 * localhost, where other programs speak plain HTTP.
 */
export function registerSecurityHeaders(fastify: FastifyInstance, { production, tls }: AppConfig): void {
  const isHttpsLasting = production || tls?.certificate !== undefined;
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.headers(SECURITY_HEADERS);
    if (isHttpsLasting && request.protocol === 'https') reply.header('strict-transport-security', ONE_YEAR);
    done();
  });
}

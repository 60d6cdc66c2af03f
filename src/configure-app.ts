import rateLimit from '@fastify/rate-limit';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { bearerToken, registerAuthentication } from './auth/authentication.js';
import { registerOAuthErrors } from './auth/oauth-exception.filter.js';
import { TokenVerifier } from './auth/token-verifier.js';
import { AppConfig } from './config/config.js';
import { DomainError } from './errors/domain-error.js';
import { registerAccessLog } from './http/access-log.js';
import { registerBodyParsers } from './http/body-parsers.js';
import { registerSafeWrites } from './safe-writes/safe-writes.hooks.js';
import { SafeWritesService } from './safe-writes/safe-writes.service.js';

/** What lies outside the Management API and its prefix. */
const OUTSIDE_THE_API = ['oauth/{*path}', '.well-known/{*path}', 'health/{*path}', 'login/{*path}', 'openapi.json'];

/** What Fastify does before Nest's pipes and controllers. The server and the tests both call it, before `init`. */
export async function configureApp(app: NestFastifyApplication): Promise<void> {
  const fastify = app.getHttpAdapter().getInstance();
  registerAccessLog(fastify);
  const verifier = app.get(TokenVerifier);
  await limitRate(fastify, app.get(AppConfig), verifier);
  registerAuthentication(fastify, verifier);
  await registerBodyParsers(fastify);
  registerSafeWrites(fastify, app.get(SafeWritesService));
  registerOAuthErrors(fastify);
  app.setGlobalPrefix('api/v2', { exclude: OUTSIDE_THE_API });
}

/**
 * Off unless configured; each process counts for itself. A request with a good token counts for its caller, any other
 * for its address, because a made-up token must not bring an allowance of its own.
 */
async function limitRate(
  fastify: FastifyInstance,
  { rateLimitPerMinute }: AppConfig,
  verifier: TokenVerifier,
): Promise<void> {
  if (rateLimitPerMinute === 0) return;
  await fastify.register(rateLimit, {
    global: false,
    max: rateLimitPerMinute,
    timeWindow: '1 minute',
    keyGenerator: async ({ headers, ip }) => {
      const token = bearerToken(headers.authorization);
      const caller = typeof token === 'string' ? await verifier.callerOf(token) : undefined;
      return caller === undefined ? ip : `caller ${caller}`;
    },
    allowList: (request) => request.url.startsWith('/health/'),
    errorResponseBuilder: () => new DomainError('too_many_requests'),
  });
  // The plugin tells the seconds that are left, where SDKs of the Management API read the time itself.
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    const left = reply.getHeader('x-ratelimit-reset');
    if (left !== undefined) reply.header('x-ratelimit-reset', Math.ceil(Date.now() / 1000) + Number(left));
    done();
  });
  // Not by the plugin for each route, which would count only what authentication lets through.
  fastify.addHook('onRequest', fastify.rateLimit());
}

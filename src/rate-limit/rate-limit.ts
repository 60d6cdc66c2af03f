import { Logger } from '@nestjs/common';
import rateLimit from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { bearerToken } from '../auth/authentication.js';
import type { TokenVerifier } from '../auth/token-verifier.js';
import type { AppConfig } from '../config/config.js';
import { DomainError } from '../errors/domain-error.js';
import { networkOf } from '../http/network.js';
import { LeasedCounter } from './leased-counter.js';
import { WINDOW_MS, type Leases } from './leases.js';
import { PostgresLeases } from './postgres-leases.js';

/** Sign-ins and token requests do not count as writes, so that an import does not cause their refusal. */
const isWrite = ({ method, url }: FastifyRequest) =>
  url.startsWith('/api/') && !['GET', 'HEAD', 'OPTIONS'].includes(method);

/**
 * Does nothing unless configured. A request with a valid token counts for its caller, any other for its address, so
 * that made-up tokens do not get a limit of their own.
 *
 * @param databaseUrl the database to count in when Redis is not configured
 */
export async function registerRateLimit(
  fastify: FastifyInstance,
  { rateLimits: { readsPerMinute, writesPerMinute }, redisUrl }: AppConfig,
  verifier: TokenVerifier,
  databaseUrl: string,
): Promise<void> {
  if (readsPerMinute === 0 && writesPerMinute === 0) return;
  const limitOf = (request: FastifyRequest) => (isWrite(request) ? writesPerMinute : readsPerMinute);
  const counter = new LeasedCounter(await openLeases(redisUrl, databaseUrl), new Logger('RateLimit'));
  await fastify.register(rateLimit, {
    global: false,
    max: limitOf,
    timeWindow: WINDOW_MS,
    store: counter.store(),
    skipOnError: true,
    keyGenerator: async (request) => {
      const token = bearerToken(request.headers.authorization);
      const caller = typeof token === 'string' ? await verifier.callerOf(token) : undefined;
      const whose = caller === undefined ? networkOf(request.ip) : `caller ${caller}`;
      return `${isWrite(request) ? 'writes' : 'reads'} of ${whose}`;
    },
    allowList: (request) => limitOf(request) === 0 || request.url.startsWith('/health/'),
    errorResponseBuilder: () => new DomainError('too_many_requests'),
  });
  // The plugin sends the remaining seconds, but SDKs of the Management API expect a Unix time.
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    const left = reply.getHeader('x-ratelimit-reset');
    if (left !== undefined) reply.header('x-ratelimit-reset', Math.ceil(Date.now() / 1000) + Number(left));
    done();
  });
  // A global hook instead of the plugin's hook per route, which would run after authentication.
  fastify.addHook('onRequest', fastify.rateLimit());
  fastify.addHook('onReady', () => counter.start());
  fastify.addHook('onClose', () => counter.close());
}

async function openLeases(redisUrl: string | undefined, databaseUrl: string): Promise<Leases> {
  if (redisUrl === undefined) return new PostgresLeases(databaseUrl);
  // Loads the Redis client only when it is needed.
  const { RedisLeases } = await import('./redis-leases.js');
  return new RedisLeases(redisUrl);
}

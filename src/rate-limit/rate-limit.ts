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

/** Sign-ins and requests for a token are not writes: an import must not have them refused. */
const isWrite = ({ method, url }: FastifyRequest) =>
  url.startsWith('/api/') && !['GET', 'HEAD', 'OPTIONS'].includes(method);

/**
 * Off unless configured. A request with a good token counts for its caller, any other for its address, because a made-up
 * token must not bring an allowance of its own.
 *
 * @param databaseUrl where all servers count together, unless there is a Redis
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
  // The plugin tells the seconds that are left, where SDKs of the Management API read the time itself.
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    const left = reply.getHeader('x-ratelimit-reset');
    if (left !== undefined) reply.header('x-ratelimit-reset', Math.ceil(Date.now() / 1000) + Number(left));
    done();
  });
  // Not by the plugin for each route, which would count only what authentication lets through.
  fastify.addHook('onRequest', fastify.rateLimit());
  fastify.addHook('onReady', () => counter.start());
  fastify.addHook('onClose', () => counter.close());
}

async function openLeases(redisUrl: string | undefined, databaseUrl: string): Promise<Leases> {
  if (redisUrl === undefined) return new PostgresLeases(databaseUrl);
  // Its client is loaded for those who have one.
  const { RedisLeases } = await import('./redis-leases.js');
  return new RedisLeases(redisUrl);
}

import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import pg from 'pg';
import { registerAuthentication } from './auth/authentication.js';
import { registerOAuthErrors } from './auth/oauth-exception.filter.js';
import { registerRefusalLog } from './auth/refusal-log.js';
import { TokenVerifier } from './auth/token-verifier.js';
import { ChangePartitions } from './changes/change-partitions.js';
import { AppConfig } from './config/config.js';
import { EventDispatcher } from './event-streams/event-dispatcher.js';
import { registerAccessLog } from './http/access-log.js';
import { registerBodyParsers } from './http/body-parsers.js';
import { registerRateLimit } from './rate-limit/rate-limit.js';
import { registerUnderPressure } from './rate-limit/under-pressure.js';
import { registerAuthzenBinding } from './login/authzen/https-binding.js';
import { registerPreconditions } from './http/preconditions.js';
import { RemovalService } from './removal/removal.service.js';
import { registerSafeWrites } from './safe-writes/safe-writes.hooks.js';
import { SafeWritesService } from './safe-writes/safe-writes.service.js';

/** What lies outside the Management API and its prefix. */
const OUTSIDE_THE_API = [
  'oauth/{*path}',
  '.well-known/{*path}',
  'health/{*path}',
  'login/{*path}',
  'access/{*path}',
  'openapi.json',
];

/** What Fastify does before Nest's pipes and controllers. The server and the tests both call it, before `init`. */
export async function configureApp(app: NestFastifyApplication): Promise<void> {
  const fastify = app.getHttpAdapter().getInstance();
  registerAccessLog(fastify);
  const config = app.get(AppConfig);
  registerRefusalLog(fastify, config.deadlines.refusalSummary);
  await registerUnderPressure(fastify, config);
  const verifier = app.get(TokenVerifier);
  await registerRateLimit(fastify, config, verifier, app.get(pg.Pool).options.connectionString!);
  registerAuthzenBinding(fastify);
  registerAuthentication(fastify, verifier);
  registerPreconditions(fastify);
  await registerBodyParsers(fastify);
  registerSafeWrites(fastify, app.get(SafeWritesService));
  registerOAuthErrors(fastify);
  const dispatcher = app.get(EventDispatcher);
  fastify.addHook('onListen', (done) => {
    app.get(ChangePartitions).start();
    app.get(RemovalService).start();
    dispatcher.start();
    done();
  });
  app.setGlobalPrefix('api/v2', { exclude: OUTSIDE_THE_API });
}

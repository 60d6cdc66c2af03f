import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import pg from 'pg';
import { registerAuthentication } from './auth/authentication.js';
import { registerRefusalLog } from './auth/refusal-log.js';
import { TokenVerifier } from './auth/token-verifier.js';
import { AppConfig } from './config/config.js';
import { registerAccessLog } from './http/access-log.js';
import { registerBodyParsers } from './http/body-parsers.js';
import { registerRateLimit } from './rate-limit/rate-limit.js';
import { registerUnderPressure } from './rate-limit/under-pressure.js';
import { registerPreconditions } from './http/preconditions.js';
import { registerSafeWrites } from './safe-writes/safe-writes.hooks.js';
import { SafeWritesService } from './safe-writes/safe-writes.service.js';

/** Routes without the prefix of the Management API. */
const OUTSIDE_THE_API = [
  'oauth/{*path}',
  '.well-known/{*path}',
  'health/{*path}',
  'login/{*path}',
  'access/{*path}',
  'openapi.json',
];

/** Registers the hooks of Fastify. The server and the tests both call it, before `init`. */
export async function configureApp(app: NestFastifyApplication): Promise<void> {
  const fastify = app.getHttpAdapter().getInstance();
  registerAccessLog(fastify);
  const config = app.get(AppConfig);
  registerRefusalLog(fastify, config.deadlines.refusalSummary);
  await registerUnderPressure(fastify, config);
  const verifier = app.get(TokenVerifier);
  await registerRateLimit(fastify, config, verifier, app.get(pg.Pool).options.connectionString!);
  registerAuthentication(fastify, verifier);
  registerPreconditions(fastify);
  await registerBodyParsers(fastify);
  registerSafeWrites(fastify, app.get(SafeWritesService));
  app.setGlobalPrefix('api/v2', { exclude: OUTSIDE_THE_API });
}

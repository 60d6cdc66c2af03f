import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { registerAuthentication } from './auth/authentication.js';
import { registerRefusalLog } from './auth/refusal-log.js';
import { TokenVerifier } from './auth/token-verifier.js';
import { AppConfig } from './config/config.js';
import { CallerShares } from './database/caller-shares.js';
import { POOL } from './database/database.js';
import type { Pool } from './database/pool.js';
import { registerAccessLog } from './http/access-log.js';
import { registerBodyParsers } from './http/body-parsers.js';
import { registerRateLimit } from './rate-limit/rate-limit.js';
import { registerCallerShares } from './load-shedding/caller-shares.hooks.js';
import { registerPreconditions } from './http/preconditions.js';
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
  const verifier = app.get(TokenVerifier);
  await registerRateLimit(fastify, config, verifier, app.get<Pool>(POOL).options.connectionString!);
  registerAuthentication(fastify, verifier);
  registerPreconditions(fastify);
  await registerBodyParsers(fastify);
  registerCallerShares(fastify, app.get(CallerShares));
  registerSafeWrites(fastify, app.get(SafeWritesService));
  app.setGlobalPrefix('api/v2', { exclude: OUTSIDE_THE_API });
}

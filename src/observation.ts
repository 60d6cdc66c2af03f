import { readFile } from 'node:fs/promises';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type pg from 'pg';
import type { AppConfig } from './config/config.js';
import { newestMigration } from './database/migrations.js';
import { EventDispatcher } from './event-streams/event-dispatcher.js';
import type { MetricsServer } from './metrics/metrics-server.js';
import { paths } from './paths.js';
import type { Tracing } from './tracing/tracing.js';

export interface Observation {
  readonly metricsPort?: number;
  end(): Promise<void>;
}

/**
 * Loads and starts metrics and tracing if they are configured. Call it before other hooks are added.
 *
 * @throws ConfigError when the host or port of the metrics cannot be listened on
 */
export async function observe(app: NestFastifyApplication, pool: pg.Pool, config: AppConfig): Promise<Observation> {
  let tracing: Tracing | undefined;
  let metrics: MetricsServer | undefined;
  const end = async () => {
    await tracing?.end();
    await metrics?.close();
  };
  try {
    if (config.tracing) {
      const { startTracing } = await import('./tracing/tracing.js');
      tracing = startTracing(config.tracing, await ownVersion(), app.getHttpAdapter().getInstance());
      app.useGlobalInterceptors(tracing.interceptor);
    }
    if (config.metrics) {
      const { startMetrics } = await import('./metrics/metrics-server.js');
      metrics = await startMetrics(config.metrics, {
        pool,
        events: app.get(EventDispatcher),
        version: await ownVersion(),
        migration: await newestMigration(pool),
      });
    }
  } catch (error) {
    await end();
    throw error;
  }
  return { metricsPort: metrics?.port, end };
}

async function ownVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(paths.packageJson, 'utf8')) as { version: string };
  return version;
}

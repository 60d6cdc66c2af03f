import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type pg from 'pg';
import type { Logger } from 'pino';
import { AppModule } from './app.module.js';
import type { AppConfig } from './config/config.js';
import { configureApp } from './configure-app.js';
import { HealthService } from './health/health.service.js';
import type { LookUpTxt } from './discovery-domains/txt-records.js';
import { createHttpAdapter, type TlsCredentials } from './http/adapter.js';
import { untilListening } from './http/listening.js';
import { NestLogger } from './nest-logger.js';
import { observe, type Observation } from './observation.js';

const SWEEP_MS = 50;

export interface RunningServer {
  readonly httpPort: number;
  readonly httpsPort?: number;
  /** Absent when metrics are off. */
  readonly metricsPort?: number;
  /**
   * Serves requests until the deadline, while `/health/ready` is 503 and every answer closes its connection. So a load
   * balancer stops sending requests before the port and the connections are closed.
   */
  drain(): Promise<void>;
  /** Accepts no more requests, waits for the running ones, then closes the pool. */
  close(): Promise<void>;
}

/**
 * Starts to listen. The database must be up to date.
 *
 * @param lookUpTxt looks up TXT records, by default over DNS
 * @throws ConfigError when the host or a port cannot be listened on
 */
export async function startServer(
  config: AppConfig,
  pool: pg.Pool,
  logger: Logger,
  tls?: TlsCredentials,
  lookUpTxt?: LookUpTxt,
): Promise<RunningServer> {
  const { adapter, httpsServer, drain } = createHttpAdapter(config, logger, tls);
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(config, pool, lookUpTxt), adapter, {
    bodyParser: false,
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  let observation: Observation | undefined;
  try {
    observation = await observe(app, pool, config);
    await configureApp(app);
    if (httpsServer) {
      adapter.getInstance().addHook('preClose', (done) => {
        httpsServer.close(() => done());
        httpsServer.closeIdleConnections();
      });
    }
    const { host, port } = config;
    await untilListening(app.listen(port, host), { host, port, portVariable: 'PORT' });
    if (httpsServer && config.tls) {
      const { port: tlsPort } = config.tls;
      const listening = once(httpsServer.listen(tlsPort, host), 'listening');
      await untilListening(listening, { host, port: tlsPort, portVariable: 'TLS_PORT' });
    }
  } catch (error) {
    await app.close().catch(() => undefined);
    await observation?.end();
    throw error;
  }
  return {
    httpPort: portOf(app.getHttpServer().address()),
    httpsPort: httpsServer && portOf(httpsServer.address()),
    metricsPort: observation.metricsPort,
    drain: async () => {
      drain();
      app.get(HealthService).leave();
      await delay(config.deadlines.drain);
    },
    close: async () => {
      await closeConnectionsWith(() => app.close(), [app.getHttpServer(), httpsServer]);
      await observation.end();
    },
  };
}

/**
 * Closes servers. Node closes only connections that are idle at that moment, and keeps one with a running request open
 * afterwards, so idle connections are closed repeatedly.
 */
async function closeConnectionsWith(close: () => Promise<void>, servers: (Server | undefined)[]): Promise<void> {
  const sweep = setInterval(() => servers.forEach((server) => server?.closeIdleConnections()), SWEEP_MS);
  try {
    await close();
  } finally {
    clearInterval(sweep);
  }
}

const portOf = (address: string | AddressInfo | null) => (address as AddressInfo).port;

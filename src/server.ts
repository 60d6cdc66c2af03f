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
  /** Absent: nothing is measured. */
  readonly metricsPort?: number;
  /**
   * Serves on for the deadline, while `/health/ready` says that no more is to come, and every answer that none is over its
   * connection. So a proxy sends nothing to a closed port, and nothing over a connection that is just being closed.
   */
  drain(): Promise<void>;
  /** Takes no more requests, lets those under way finish, then closes the pool. */
  close(): Promise<void>;
}

/**
 * Listens with a database that is up to date.
 *
 * @param lookUpTxt how TXT records are found; by default over DNS
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
 * Closing a server drops the connections that are idle at that moment. One with a request under way would be kept for
 * the next request when it is answered, and the server open with it; so they are looked for until all are closed.
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

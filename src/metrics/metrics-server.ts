import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MetricsConfig } from '../config/config.js';
import { untilListening } from '../http/listening.js';
import { createMetrics, type Measured } from './metrics.js';

export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Serves the metrics in the text format of Prometheus.
 *
 * @throws ConfigError when the host or port cannot be listened on
 */
export async function startMetrics({ host, port }: MetricsConfig, measured: Measured): Promise<MetricsServer> {
  const { registry, end } = createMetrics(measured);
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url?.split('?', 1)[0] !== '/metrics') {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('Only GET /metrics is here.\n');
      return;
    }
    registry.metrics().then(
      (text) => response.writeHead(200, { 'content-type': registry.contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  try {
    const listening = once(server.listen(port, host), 'listening');
    await untilListening(listening, { host, port, portVariable: 'METRICS_PORT', hostVariable: 'METRICS_HOST' });
  } catch (error) {
    end();
    throw error;
  }
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      end();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

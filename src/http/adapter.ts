import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { LogController, type FastifyError, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import type { AppConfig } from '../config/config.js';
import { noteAnswer } from './access-log.js';
import { answerClientError, isStillSending, statusOfRefusal } from './client-errors.js';
import { plainErrorBody } from './error-body.js';
import { httpsSecurityHeaders, SECURITY_HEADERS } from './security-headers.js';

const BODY_LIMIT_BYTES = 1024 * 1024;
/** Longer than the usual 60 s of load balancers, because the load balancer must be the one to close an idle connection. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;

export interface TlsCredentials {
  readonly cert: string;
  readonly key: string;
}

export interface HttpAdapter {
  readonly adapter: FastifyAdapter;
  /** Serves the same application. Absent without credentials. */
  readonly httpsServer?: Server;
  /** Closes each connection after its next answer. */
  readonly drain: () => void;
}

/** Creates Fastify with an HTTP server and, with credentials, an HTTPS server for the same application. */
export function createHttpAdapter(config: AppConfig, logger: Logger, tls?: TlsCredentials): HttpAdapter {
  const { trustedProxies, deadlines } = config;
  let httpsServer: Server | undefined;
  const options = {
    requestTimeout: deadlines.request,
    headersTimeout: deadlines.requestHead,
    connectionsCheckingInterval: deadlines.requestCheck,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // The hook below refuses these requests, with a body.
    requireHostHeader: false,
  };
  const adapter = new FastifyAdapter({
    skipMiddie: true,
    // The service logs for itself what Fastify logs at info, such as the port.
    loggerInstance: logger.child({}, { level: logger.isLevelEnabled('warn') ? 'warn' : logger.level }),
    // access-log.ts logs one line for each request.
    logController: new LogController({ disableRequestLogging: true }),
    // A child logger for each request would only add the id, which the lines about requests have anyway.
    childLoggerFactory: () => logger,
    frameworkErrors: answerUnroutable,
    clientErrorHandler: answerClientError,
    // Requests that arrive during the shutdown are served.
    return503OnClosing: false,
    bodyLimit: BODY_LIMIT_BYTES,
    trustProxy: [...trustedProxies],
    routerOptions: { maxParamLength: 1024 },
    genReqId: ({ headers }: IncomingMessage) => acceptableRequestId(headers['x-request-id']) ?? randomUUID(),
    serverFactory: (handler: RequestListener) => {
      if (tls) {
        httpsServer = createTlsServer({ ...tls, ...options }, handler);
        httpsServer.on('clientError', answerClientError).on('checkExpectation', handler);
      }
      return createServer(options, handler).on('checkExpectation', handler);
    },
  });
  let isDraining = false;
  const overHttps = httpsSecurityHeaders(config);
  adapter.getInstance().addHook('onRequest', (request, reply, done) => {
    reply.headers(request.protocol === 'https' ? overHttps : SECURITY_HEADERS).header('x-request-id', request.id);
    if (isDraining) reply.header('connection', 'close');
    const status = statusOfRefusal(request.raw);
    if (status === undefined) return done();
    void reply.status(status).header('connection', 'close').send(plainErrorBody(status));
  });
  // Closing a connection whose client still sends would discard the answer. Without the header, Node reads the rest and
  // drops it, within the time limit of a request.
  adapter.getInstance().addHook('onSend', (request, reply, _payload, done) => {
    if (isStillSending(request.raw)) reply.removeHeader('connection');
    done();
  });
  return { adapter, httpsServer, drain: () => (isDraining = true) };
}

/** Answers a URL that the router cannot parse, for which neither hooks nor filters run. */
function answerUnroutable({ statusCode = 400 }: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  void reply
    .headers(SECURITY_HEADERS)
    .header('x-request-id', request.id)
    .status(statusCode)
    .send(plainErrorBody(statusCode));
  noteAnswer(request, reply);
}

/** Returns the caller's own request id, or undefined when it is missing or unusable. */
function acceptableRequestId(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && /^[\w.-]{1,64}$/.test(header) ? header : undefined;
}

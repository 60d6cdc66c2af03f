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
/** Above the 60 s of common load balancers, which must be the ones to close an idle connection. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;

export interface TlsCredentials {
  readonly cert: string;
  readonly key: string;
}

export interface HttpAdapter {
  readonly adapter: FastifyAdapter;
  /** Serves the same application; absent without credentials. */
  readonly httpsServer?: Server;
  /** Makes every answer from now on the last over its connection. */
  readonly drain: () => void;
}

/** Fastify for one application behind an HTTP and, with credentials, an HTTPS server. */
export function createHttpAdapter(config: AppConfig, logger: Logger, tls?: TlsCredentials): HttpAdapter {
  const { trustedProxies, deadlines } = config;
  let httpsServer: Server | undefined;
  const options = {
    requestTimeout: deadlines.request,
    headersTimeout: deadlines.requestHead,
    connectionsCheckingInterval: deadlines.requestCheck,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    // Refused below, with a body.
    requireHostHeader: false,
  };
  const adapter = new FastifyAdapter({
    skipMiddie: true,
    // What Fastify says of itself, such as where it listens, the service says in its own words.
    loggerInstance: logger.child({}, { level: logger.isLevelEnabled('warn') ? 'warn' : logger.level }),
    // Each request has one line, of its own making: see access-log.ts.
    logController: new LogController({ disableRequestLogging: true }),
    // A child logger for every request would only add the id that the few lines about requests carry anyway.
    childLoggerFactory: () => logger,
    frameworkErrors: answerUnroutable,
    clientErrorHandler: answerClientError,
    // What still comes while it closes is served, and told to come no more over this connection.
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
  // A connection that is closed while its client still sends takes the answer with it. Kept, Node reads the rest and
  // drops it, for as long as a request may take.
  adapter.getInstance().addHook('onSend', (request, reply, _payload, done) => {
    if (isStillSending(request.raw)) reply.removeHeader('connection');
    done();
  });
  return { adapter, httpsServer, drain: () => (isDraining = true) };
}

/** What the router cannot even read, such as a malformed escape, has no route, no hooks and no filter. */
function answerUnroutable({ statusCode = 400 }: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  void reply
    .headers(SECURITY_HEADERS)
    .header('x-request-id', request.id)
    .status(statusCode)
    .send(plainErrorBody(statusCode));
  noteAnswer(request, reply);
}

/** The caller's own id, so that a request can be followed through several services. */
function acceptableRequestId(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && /^[\w.-]{1,64}$/.test(header) ? header : undefined;
}

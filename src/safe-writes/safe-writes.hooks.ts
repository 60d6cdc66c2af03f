import type {
  FastifyInstance,
  FastifyReply,
  onRequestHookHandler,
  onSendHookHandler,
  preHandlerHookHandler,
  RouteOptions,
} from 'fastify';
import { RequestTransaction } from '../database/request-transaction.js';
import { identityOf, type Identity } from './identity.js';
import type { StoredAnswer } from './idempotency-keys.repository.js';
import type { SafeWritesService } from './safe-writes.service.js';
import { DRY_RUN, REPLAYED, writeOptionsOf, type WriteOptions } from './write-options.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined for a request without write options, as most are. */
    writeOptions?: WriteOptions & { identity?: Identity; transaction?: RequestTransaction; isReplayed?: true };
  }
}

const WRITING_METHODS = ['POST', 'PUT', 'PATCH', 'DELETE'];

/** The headers that are stored with an answer. */
const STORED_HEADERS = ['content-type', 'etag', 'last-modified', 'location'];

/**
 * Supports `Vestibule-Dry-Run` and `Idempotency-Key` on every write route that requires a token. The transaction begins
 * when the body has been read and ends before the answer is sent, even if the client has disconnected. When it cannot
 * end, the answer is that error. These are hooks and not a Nest interceptor, because answers are stored as the bytes
 * sent, including those of errors.
 */
export function registerSafeWrites(fastify: FastifyInstance, service: SafeWritesService): void {
  const readHeaders: onRequestHookHandler = (request, reply, done) => {
    request.writeOptions = writeOptionsOf(request);
    if (request.writeOptions?.dryRun) reply.header(DRY_RUN, 'true');
    done();
  };

  const begin: preHandlerHookHandler = (request, reply, done) => {
    const { writeOptions } = request;
    if (writeOptions === undefined) return done();
    if (writeOptions.key !== undefined) writeOptions.identity = identityOf(request, writeOptions.key);
    service.begin(writeOptions.identity).then((begun) => {
      if (begun instanceof RequestTransaction) {
        writeOptions.transaction = begun;
        begun.run(done);
      } else {
        writeOptions.isReplayed = true;
        replay(reply, begun);
      }
    }, done);
  };

  const end: onSendHookHandler = (request, reply, payload, done) => {
    const { writeOptions } = request;
    if (writeOptions?.transaction === undefined) return done();
    const { transaction, identity, dryRun } = writeOptions;
    // When this fails, the hook runs again for the answer of that error.
    writeOptions.transaction = undefined;
    const answer = answerOf(reply, payload);
    const ended = dryRun ? service.undo(transaction, answer) : service.commit(transaction, identity!, answer);
    ended.then(
      () => done(),
      (error: Error) => {
        for (const name of STORED_HEADERS) reply.removeHeader(name);
        done(error);
      },
    );
  };

  fastify.decorateRequest('writeOptions');
  // Added route by route, so that reads do not run these hooks.
  fastify.addHook('onRoute', (route) => {
    if (!isAuthenticatedWrite(route)) return;
    route.onRequest = [route.onRequest ?? [], readHeaders].flat();
    route.preHandler = [route.preHandler ?? [], begin].flat();
    route.onSend = [route.onSend ?? [], end].flat();
  });
}

function isAuthenticatedWrite({ method, config }: RouteOptions): boolean {
  const isWrite = [method].flat().some((each) => WRITING_METHODS.includes(each));
  return isWrite && config?.access !== 'public';
}

function answerOf(reply: FastifyReply, payload: unknown): StoredAnswer {
  const headers = STORED_HEADERS.filter((name) => reply.hasHeader(name)).map((name) => [name, reply.getHeader(name)]);
  return {
    status: reply.statusCode,
    headers: Object.fromEntries(headers) as StoredAnswer['headers'],
    body: typeof payload === 'string' ? payload : null,
  };
}

function replay(reply: FastifyReply, { status, headers, body }: StoredAnswer): void {
  void reply
    .status(status)
    .headers(headers)
    .header(REPLAYED, 'true')
    .send(body ?? undefined);
}

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
    /** Absent when the request has none, as almost every one. */
    writeOptions?: WriteOptions & { identity?: Identity; transaction?: RequestTransaction; isReplayed?: true };
  }
}

const WRITING_METHODS = ['POST', 'PUT', 'PATCH', 'DELETE'];

/** The headers of an answer that belong to what was done; the others are about this one response. */
const STORED_HEADERS = ['content-type', 'etag', 'last-modified', 'location'];

/**
 * Gives every write that wants a token the headers `Vestibule-Dry-Run` and `Idempotency-Key`. The transaction begins when
 * the body has been read, and ends before the answer leaves, also when the client has hung up; when it cannot be ended,
 * that is the answer. These are hooks and not an interceptor of Nest, because the answer is stored as the bytes that leave,
 * those of a refusal included.
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
    // The answer that says that this has failed comes here too.
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
  // Not for all routes, so that a read does not even pass by.
  fastify.addHook('onRoute', (route) => {
    if (!isGuardedWrite(route)) return;
    route.onRequest = [route.onRequest ?? [], readHeaders].flat();
    route.preHandler = [route.preHandler ?? [], begin].flat();
    route.onSend = [route.onSend ?? [], end].flat();
  });
}

function isGuardedWrite({ method, config }: RouteOptions): boolean {
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

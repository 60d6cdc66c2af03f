import type {
  FastifyInstance,
  FastifyReply,
  onRequestHookHandler,
  onSendHookHandler,
  preHandlerHookHandler,
  RouteOptions,
} from 'fastify';
import { RequestTransaction } from '../database/request-transaction.js';
import { careOf, DRY_RUN, REPLAYED, type Care } from './care.js';
import { identityOf, type Identity } from './identity.js';
import type { KeptAnswer } from './idempotency-keys.repository.js';
import type { SafeWritesService } from './safe-writes.service.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined: the request asks for none, as almost every one. */
    care?: Care & { identity?: Identity; transaction?: RequestTransaction; isReplayed?: true };
  }
}

const WRITING_METHODS = ['POST', 'PUT', 'PATCH', 'DELETE'];

/** Those of an answer's headers that belong to what was done; the others are about one way of the answer. */
const KEPT_HEADERS = ['content-type', 'etag', 'last-modified', 'location'];

/**
 * Gives every write that wants a token the headers `Vestibule-Dry-Run` and `Idempotency-Key`. The transaction begins when
 * the body has been read, and ends before the answer leaves; when it cannot, that is the answer. So it does when the
 * client has hung up meanwhile: what was done stays done, and a client that asks again with the same key is told of it.
 */
export function registerSafeWrites(fastify: FastifyInstance, service: SafeWritesService): void {
  const readHeaders: onRequestHookHandler = (request, reply, done) => {
    request.care = careOf(request);
    if (request.care?.dryRun) reply.header(DRY_RUN, 'true');
    done();
  };

  const begin: preHandlerHookHandler = (request, reply, done) => {
    const { care } = request;
    if (care === undefined) return done();
    if (care.key !== undefined) care.identity = identityOf(request, care.key);
    service.begin(request.caller, care.identity).then((begun) => {
      if (begun instanceof RequestTransaction) {
        care.transaction = begun;
        begun.run(done);
      } else {
        care.isReplayed = true;
        replay(reply, begun);
      }
    }, done);
  };

  const end: onSendHookHandler = (request, reply, payload, done) => {
    const { care } = request;
    if (care?.transaction === undefined) return done();
    const { transaction, identity, dryRun } = care;
    // The answer that says that this has failed comes here too.
    care.transaction = undefined;
    const answer = answerOf(reply, payload);
    const ended = dryRun ? service.undo(transaction, answer) : service.keep(transaction, identity!, answer);
    ended.then(
      () => done(),
      (error: Error) => {
        for (const name of KEPT_HEADERS) reply.removeHeader(name);
        done(error);
      },
    );
  };

  fastify.decorateRequest('care');
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

function answerOf(reply: FastifyReply, payload: unknown): KeptAnswer {
  const headers = KEPT_HEADERS.filter((name) => reply.hasHeader(name)).map((name) => [name, reply.getHeader(name)]);
  return {
    status: reply.statusCode,
    headers: Object.fromEntries(headers) as KeptAnswer['headers'],
    body: typeof payload === 'string' ? payload : null,
  };
}

function replay(reply: FastifyReply, { status, headers, body }: KeptAnswer): void {
  void reply
    .status(status)
    .headers(headers)
    .header(REPLAYED, 'true')
    .send(body ?? undefined);
}

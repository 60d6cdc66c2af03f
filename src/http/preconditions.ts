import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DomainError } from '../errors/domain-error.js';
import { untilDecided } from '../errors/until-decided.js';
import { stateIn, stateOf, tagOf, tagsIn, type EntityTag, type Tags, type Versioned } from './entity-tag.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined when the request has neither `If-Match` nor `If-None-Match`. */
    preconditions?: Preconditions;
  }
}

/**
 * The preconditions of a request: `If-Match` and `If-None-Match` (RFC 9110, section 13.1). A write compares only versions,
 * so it accepts the tag of any representation of a row. A read with `If-None-Match` compares whole tags.
 */
export class Preconditions {
  static readonly NONE = new Preconditions(undefined, undefined);

  /** Versions of a row that a write may or must not change, as a condition for its statement. Undefined allows any. */
  readonly versions: { readonly in?: bigint[]; readonly notIn?: bigint[] };
  /** Versions of a row, or states of a list, in `If-Match`. Undefined allows any. */
  private readonly wanted?: string[];

  constructor(
    private readonly ifMatch: Tags | undefined,
    private readonly ifNoneMatch: Tags | undefined,
  ) {
    this.wanted = ifMatch === '*' ? undefined : ifMatch && statesIn(ifMatch.filter(({ isWeak }) => !isWeak));
    this.versions =
      ifNoneMatch === '*'
        ? { in: [] }
        : { in: this.wanted && versionsIn(this.wanted), notIn: ifNoneMatch && versionsIn(statesIn(ifNoneMatch)) };
  }

  /** @throws DomainError when the preconditions forbid a write of the row, or require a row that does not exist */
  require(row: Versioned | null | undefined): void {
    const holds = row ? this.allow(row) : this.ifMatch === undefined;
    if (!holds) throw new DomainError('precondition_failed');
  }

  /**
   * @param rows all rows of a list, which exists also when it is empty
   * @throws DomainError when the preconditions forbid a write of the list
   */
  requireList(rows: readonly Versioned[]): void {
    const state = stateOf(rows);
    const isUnwanted = this.ifNoneMatch === '*' || (this.ifNoneMatch && statesIn(this.ifNoneMatch).includes(state));
    if (isUnwanted || !this.want(state)) throw new DomainError('precondition_failed');
  }

  /** Whether `If-Match` allows the representation with this tag. */
  want(tag: string): boolean {
    return this.wanted === undefined || this.wanted.includes(stateIn(tag)!);
  }

  /** Whether the client has the representation with this tag already, by `If-None-Match`. */
  know(tag: string): boolean {
    return this.ifNoneMatch === '*' || (this.ifNoneMatch?.some(({ opaque }) => opaque === tag) ?? false);
  }

  /** Whether the request must create the resource (`If-None-Match: *`). */
  get areForCreation(): boolean {
    return this.ifNoneMatch === '*';
  }

  private allow({ version }: Versioned): boolean {
    const { in: among, notIn } = this.versions;
    return (among?.includes(version) ?? true) && !notIn?.includes(version);
  }
}

const statesIn = (tags: readonly EntityTag[]): string[] =>
  tags.map(({ opaque }) => stateIn(opaque)).filter((state) => state !== undefined);

/** Leaves out the states of lists. */
const versionsIn = (states: readonly string[]): bigint[] => states.filter((state) => !state.includes('-')).map(BigInt);

/** Injects the preconditions of the request. */
export const RequestPreconditions = createParamDecorator((_: unknown, context: ExecutionContext): Preconditions => {
  return context.switchToHttp().getRequest<FastifyRequest>().preconditions ?? Preconditions.NONE;
});

/**
 * Removes a row under preconditions. Removing one that does not exist does nothing, and fails only by `If-Match`.
 *
 * @param remove returns whether it removed the row
 * @param get reads the row, to explain why it was not removed
 * @returns whether the row existed
 */
export function removeUnder(
  preconditions: Preconditions,
  remove: () => Promise<boolean>,
  get: () => Promise<Versioned | null | undefined>,
): Promise<boolean> {
  return untilDecided<boolean>(
    async () => (await remove()) || undefined,
    async () => {
      const row = await get();
      preconditions.require(row);
      return row ? undefined : false;
    },
  );
}

/**
 * Reads preconditions, sends `ETag`, and answers 304 to a client that has the representation already. Register it after
 * the authentication, so that callers without a token get 401.
 */
export function registerPreconditions(fastify: FastifyInstance): void {
  fastify.decorateRequest('preconditions');
  fastify.addHook('onRequest', (request, _reply, done) => {
    const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = request.headers;
    if (ifMatch !== undefined || ifNoneMatch !== undefined) {
      request.preconditions = new Preconditions(tagsIn(ifMatch, 'If-Match'), tagsIn(ifNoneMatch, 'If-None-Match'));
    }
    done();
  });
  fastify.addHook('preSerialization', (request, reply, body, done) => {
    const tag = tagOf(body);
    if (tag === undefined) return done(null, body);
    const { preconditions } = request;
    if (preconditions && isRead(request)) {
      if (!preconditions.want(tag)) return done(new DomainError('precondition_failed'));
      if (preconditions.know(tag)) void reply.status(304).removeHeader('content-type');
    }
    void reply.header('etag', `"${tag}"`);
    done(null, body);
  });
  fastify.addHook('onSend', (request, reply, text, done) => {
    // Fastify removes the body of an answer to HEAD.
    done(null, reply.statusCode === 304 && request.method === 'GET' ? null : text);
  });
}

const isRead = ({ method }: FastifyRequest) => method === 'GET' || method === 'HEAD';

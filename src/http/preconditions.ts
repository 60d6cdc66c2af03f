import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DomainError } from '../errors/domain-error.js';
import { untilDecided } from '../errors/until-decided.js';
import { stateIn, stateOf, tagOf, tagsIn, type EntityTag, type Tags, type Versioned } from './entity-tag.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Undefined: none were sent. */
    preconditions?: Preconditions;
  }
}

/**
 * What `If-Match` and `If-None-Match` ask of the resource (RFC 9110, section 13.1). A change compares versions, so that
 * the tag of any representation of a row will do; only whether a client has an answer already depends on all of the tag.
 */
export class Preconditions {
  /** Of a request that has neither header. */
  static readonly NONE = new Preconditions(undefined, undefined);

  /** Which versions of a row may be changed: these, but none of those; undefined: any. For the statement that writes. */
  readonly versions: { readonly in?: bigint[]; readonly notIn?: bigint[] };
  /** The versions, or states of a list, that `If-Match` names. Undefined: any. */
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

  /**
   * @param row undefined or null: there is none
   * @throws DomainError when a change of it is not what was asked for
   */
  require(row: Versioned | null | undefined): void {
    const holds = row ? this.allow(row) : this.ifMatch === undefined;
    if (!holds) throw new DomainError('precondition_failed');
  }

  /**
   * @param rows all of a list, which is there also when it has none
   * @throws DomainError as above
   */
  requireList(rows: readonly Versioned[]): void {
    const state = stateOf(rows);
    const isUnwanted = this.ifNoneMatch === '*' || (this.ifNoneMatch && statesIn(this.ifNoneMatch).includes(state));
    if (isUnwanted || !this.want(state)) throw new DomainError('precondition_failed');
  }

  /** Whether `If-Match` asks for the answer with this tag. */
  want(tag: string): boolean {
    return this.wanted === undefined || this.wanted.includes(stateIn(tag)!);
  }

  /** Whether the client has the answer with this tag already. */
  know(tag: string): boolean {
    return this.ifNoneMatch === '*' || (this.ifNoneMatch?.some(({ opaque }) => opaque === tag) ?? false);
  }

  /** Whether only what is not there yet is to be made. */
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

/** A list's state is that of no row. */
const versionsIn = (states: readonly string[]): bigint[] => states.filter((state) => !state.includes('-')).map(BigInt);

/** What the request asks of the resource that it changes. */
export const RequestPreconditions = createParamDecorator((_: unknown, context: ExecutionContext): Preconditions => {
  return context.switchToHttp().getRequest<FastifyRequest>().preconditions ?? Preconditions.NONE;
});

/**
 * Removes a row, where one that is not there is nothing to be refused but by `If-Match`.
 *
 * @param remove under the preconditions; says whether it did
 * @param get the row, to find out why it did not
 * @returns whether there was one
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
 * Reads the preconditions before anything is done, gives answers their `ETag`, and answers 304 to who has an answer
 * already. To be registered behind the authentication, because strangers are told nothing.
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
    // Of the answer to a HEAD Fastify itself takes the body away.
    done(null, reply.statusCode === 304 && request.method === 'GET' ? null : text);
  });
}

const isRead = ({ method }: FastifyRequest) => method === 'GET' || method === 'HEAD';

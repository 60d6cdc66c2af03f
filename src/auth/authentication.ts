import type { FastifyInstance } from 'fastify';
import { DomainError } from '../errors/domain-error.js';
import type { Access } from './access.js';
import { refusalOf } from './refusal-log.js';
import type { TokenVerifier, VerifiedToken } from './token-verifier.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** The subject of the token; undefined on public routes and without a valid token. */
    caller?: string;
    /** The application the token was issued to, if the token names it. */
    callerClientId?: string;
    /** The scopes of the token; undefined on public routes and without a valid token. */
    scopes?: ReadonlySet<string>;
  }
}

/**
 * Checks the token before the body is read, so that no body is parsed without one. A route without access rules
 * prevents the start.
 */
export function registerAuthentication(fastify: FastifyInstance, verifier: TokenVerifier): void {
  fastify.decorateRequest('caller');
  fastify.decorateRequest('callerClientId');
  fastify.decorateRequest('scopes');
  fastify.addHook('onRoute', ({ method, url, config }) => {
    if (config?.access === undefined) throw new Error(`${String(method)} ${url} does not say who may call it`);
  });
  fastify.addHook('onRequest', (request, _reply, done) => {
    const access = request.is404 ? 'public' : (request.routeOptions.config.access ?? { anyScopeOf: [] });
    if (access === 'public') return done();
    const token = bearerToken(request.headers.authorization);
    const refuse = (error: Error) => {
      if (error instanceof DomainError && error.code !== 'keys_unavailable') {
        fastify.refusalLog.add(refusalOf(error), request);
      }
      done(error);
    };
    if (token instanceof DomainError) return refuse(token);
    const accept = (verified: VerifiedToken) => {
      request.caller = verified.subject;
      request.callerClientId = verified.clientId;
      request.scopes = verified.scopes;
      const missing = missingScope(verified, access);
      if (missing) refuse(missing);
      else done();
    };
    const known = verifier.recall(token);
    if (known) return accept(known);
    verifier.verify(token).then(accept, refuse);
  });
}

/** Returns the error for a missing scope, which names the first missing one where all scopes are required. */
function missingScope({ scopes }: VerifiedToken, access: Exclude<Access, 'public'>): DomainError | undefined {
  if ('allScopesOf' in access) {
    const missing = access.allScopesOf.find((scope) => !scopes.has(scope));
    return missing === undefined ? undefined : new DomainError('scope_insufficient', missing);
  }
  const { anyScopeOf } = access;
  if (anyScopeOf.some((scope) => scopes.has(scope))) return undefined;
  return new DomainError('scope_insufficient', anyScopeOf.join(', '));
}

export function bearerToken(header: string | undefined): string | DomainError {
  if (header === undefined) return new DomainError('authentication_missing');
  const [, token] = /^Bearer +([^\s]+)$/i.exec(header) ?? [];
  return token ?? new DomainError('authorization_header_malformed');
}

import type { FastifyInstance, FastifyRequest } from 'fastify';
import { DomainError } from '../errors/domain-error.js';
import type { Access } from './access.js';
import type { TokenVerifier } from './token-verifier.js';

/**
 * Checks the caller before the body is read, so that a stranger's body is never parsed. A route that does not say who
 * may call it stops the start.
 */
export function registerAuthentication(fastify: FastifyInstance, verifier: TokenVerifier): void {
  fastify.addHook('onRoute', ({ method, url, config }) => {
    if (accessOf(config) === undefined) throw new Error(`${String(method)} ${url} does not say who may call it`);
  });
  fastify.addHook('onRequest', (request, _reply, done) => {
    const access = request.is404 ? 'public' : (accessOf(request.routeOptions.config) ?? { anyScopeOf: [] });
    if (access === 'public') return done();
    authorize(request, access.anyScopeOf, verifier).then(() => done(), done);
  });
}

const accessOf = (config: unknown) => (config as { access?: Access } | undefined)?.access;

async function authorize(
  request: FastifyRequest,
  anyScopeOf: readonly string[],
  verifier: TokenVerifier,
): Promise<void> {
  const { scopes } = await verifier.verify(bearerToken(request.headers.authorization));
  if (!anyScopeOf.some((scope) => scopes.has(scope))) {
    throw new DomainError('scope_insufficient', anyScopeOf.join(', '));
  }
}

function bearerToken(header: string | undefined): string {
  if (header === undefined) throw new DomainError('authentication_missing');
  const [, token] = /^Bearer +([^\s]+)$/i.exec(header) ?? [];
  if (token === undefined) throw new DomainError('authorization_header_malformed');
  return token;
}

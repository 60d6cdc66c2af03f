import { applyDecorators, createParamDecorator, UseGuards, type ExecutionContext } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiSecurity } from '@nestjs/swagger';
import type { FastifyContextConfig, FastifyRequest } from 'fastify';
import { RequestPartGuard, type RequestPart } from './request-part.guard.js';
import type { GrantedScopes, Scope } from './scopes.js';

/** Who may call a route: everyone, or the bearer of a token with any of the scopes, or with all of them. */
export type Access = 'public' | { readonly anyScopeOf: readonly Scope[] } | { readonly allScopesOf: readonly Scope[] };

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access;
  }
}

/** The route wants a bearer token with any of these scopes. */
export const RequireScope = (...scopes: [Scope, ...Scope[]]) =>
  applyDecorators(
    RouteConfig({ access: { anyScopeOf: scopes } } satisfies FastifyContextConfig),
    // A requirement each, because OpenAPI reads several as alternatives and several scopes of one as all of them.
    ...scopes.map((scope) => ApiSecurity('bearer', [scope])),
  );

/** The route wants a bearer token with all of these scopes. */
export const RequireAllScopes = (...scopes: [Scope, ...Scope[]]) =>
  applyDecorators(
    RouteConfig({ access: { allScopesOf: scopes } } satisfies FastifyContextConfig),
    ApiSecurity('bearer', scopes),
  );

/** A request with this part wants a token with all of these scopes, whichever scope of the route it came in with. */
export const RequireScopesFor = (part: RequestPart, ...scopes: [Scope, ...Scope[]]) =>
  applyDecorators(
    UseGuards(new RequestPartGuard(part, scopes)),
    // A single one is among the route's own already.
    ...(scopes.length > 1 ? [ApiSecurity('bearer', scopes)] : []),
  );

/** The route needs no token. */
export const Public = () => RouteConfig({ access: 'public' } satisfies FastifyContextConfig);

/** The scopes of the caller's token, for a presenter that shows more to some than to others. */
export const CallerScopes = createParamDecorator((_: unknown, context: ExecutionContext): GrantedScopes => {
  return context.switchToHttp().getRequest<FastifyRequest>().scopes ?? new Set();
});

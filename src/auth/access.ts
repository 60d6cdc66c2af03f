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

/** Requires a bearer token with any of these scopes. */
export const RequireScope = (...scopes: [Scope, ...Scope[]]) =>
  applyDecorators(
    RouteConfig({ access: { anyScopeOf: scopes } } satisfies FastifyContextConfig),
    // One requirement per scope: OpenAPI requirements are alternatives, while all scopes within one are required.
    ...scopes.map((scope) => ApiSecurity('bearer', [scope])),
  );

/** Requires a bearer token with all of these scopes. */
export const RequireAllScopes = (...scopes: [Scope, ...Scope[]]) =>
  applyDecorators(
    RouteConfig({ access: { allScopesOf: scopes } } satisfies FastifyContextConfig),
    ApiSecurity('bearer', scopes),
  );

/** Requires all of these scopes for requests that have this part, in addition to those of the route. */
export const RequireScopesFor = (part: RequestPart, ...scopes: [Scope, ...Scope[]]) =>
  applyDecorators(
    UseGuards(new RequestPartGuard(part, scopes)),
    // A single scope is already documented by the route.
    ...(scopes.length > 1 ? [ApiSecurity('bearer', scopes)] : []),
  );

/** Requires no token. */
export const Public = () => RouteConfig({ access: 'public' } satisfies FastifyContextConfig);

/** The scopes of the caller's token. */
export const CallerScopes = createParamDecorator((_: unknown, context: ExecutionContext): GrantedScopes => {
  return context.switchToHttp().getRequest<FastifyRequest>().scopes ?? new Set();
});

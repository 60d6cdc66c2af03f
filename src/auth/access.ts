import { applyDecorators } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { ApiSecurity } from '../http/openapi/decorators.js';
import type { Scope } from './scopes.js';

/** Who may call a route: anybody, or the bearer of a token with any of the scopes. */
export type Access = 'public' | { readonly anyScopeOf: readonly Scope[] };

/** The route wants a bearer token with any of these scopes. */
export const RequireScope = (...scopes: [Scope, ...Scope[]]) =>
  applyDecorators(
    RouteConfig({ access: { anyScopeOf: scopes } satisfies Access }),
    // A requirement each, because OpenAPI reads several as alternatives and several scopes of one as all of them.
    ...scopes.map((scope) => ApiSecurity('bearer', [scope])),
  );

/** The route is open to everybody. */
export const Public = () => applyDecorators(RouteConfig({ access: 'public' satisfies Access }));

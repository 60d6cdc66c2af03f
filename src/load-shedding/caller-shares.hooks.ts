import type { FastifyInstance, onSendHookHandler, preHandlerHookHandler, RouteOptions } from 'fastify';
import type { Access } from '../auth/access.js';
import type { CallerShares } from '../database/caller-shares.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose share of the pool it takes. Undefined: nobody's, or it is done with the database. */
    sharing?: string;
  }
}

/** Reads that go over the connection for reads, and so wait for no other request (docs/decisions/0020). */
const BESIDE_THE_POOL = new Set([
  '/api/v2/organizations/:id/enabled_connections',
  '/api/v2/organizations/:id/enabled_connections/:connectionId',
  '/api/v2/organizations/:id/connections',
  '/api/v2/organizations/:id/connections/:connectionId',
  '/api/v2/users/:id',
  '/login/organizations/:id',
]);

/** These come in by a share only for the part that needs it, or wait for most of their time for somebody else's server. */
const IN_PART = new Set([
  '/login/discover',
  '/login/decisions',
  '/access/v1/evaluation',
  '/access/v1/evaluations',
  '/api/v2/organizations/:id/discovery-domains/:discovery_domain_id/verify',
  '/api/v2/event-streams/:id/test',
]);

/**
 * Has every request that may need a connection of the pool come in by its caller's share of it. It does so when its body
 * has been read, so that nobody takes up a share by sending slowly. Public routes have no caller, and wait for the pool alone.
 */
export function registerCallerShares(fastify: FastifyInstance, shares: CallerShares): void {
  const enter: preHandlerHookHandler = (request, _reply, done) => {
    // One that is a transaction as a whole comes in when there is a place for that.
    if (request.care !== undefined) return done();
    const caller = request.caller ?? '';
    request.sharing = caller;
    if (shares.enterAtOnce(caller)) return done();
    shares.enter(caller).then(
      () => done(),
      (error: Error) => {
        request.sharing = undefined;
        done(error);
      },
    );
  };

  const leave: onSendHookHandler = (request, _reply, _payload, done) => {
    const { sharing } = request;
    if (sharing !== undefined) {
      request.sharing = undefined;
      shares.leave(sharing);
    }
    done();
  };

  fastify.decorateRequest('sharing');
  fastify.addHook('onRoute', (route) => {
    if (!needsThePool(route)) return;
    route.preHandler = [route.preHandler ?? [], enter].flat();
    route.onSend = [route.onSend ?? [], leave].flat();
  });
}

function needsThePool({ method, url, config }: RouteOptions): boolean {
  if ((config as { access?: Access } | undefined)?.access === 'public') return false;
  if (IN_PART.has(url)) return false;
  const isRead = [method].flat().every((each) => each === 'GET' || each === 'HEAD');
  return !(isRead && BESIDE_THE_POOL.has(url));
}

import { channel } from 'node:diagnostics_channel';
import underPressure from '@fastify/under-pressure';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AppConfig } from '../config/config.js';
import { DomainError } from '../errors/domain-error.js';

/** Publishes once for each request that was refused because the event loop was late. */
export const eventLoopRefusals = channel('vestibule:event-loop-refused');

/** The delay is the mean of this time, so that a single long turn, such as a slow start, refuses nothing. */
const SAMPLE_MS = 2_000;

/** Refuses requests while the event loop is late. Probes and sign-ins are served all the same. */
export async function registerUnderPressure(fastify: FastifyInstance, { deadlines }: AppConfig): Promise<void> {
  await fastify.register(underPressure, {
    maxEventLoopDelay: deadlines.eventLoopDelay,
    sampleInterval: SAMPLE_MS,
    pressureHandler: (request) => {
      if (isServedAlways(request)) return;
      eventLoopRefusals.publish(undefined);
      return Promise.reject(new DomainError('overloaded'));
    },
  });
}

/** True of public routes, which the probes are, and of the routes of sign-ins. */
function isServedAlways({ routeOptions }: FastifyRequest): boolean {
  const { access } = routeOptions.config;
  if (access === undefined) return false;
  return access === 'public' || ('anyScopeOf' in access && access.anyScopeOf.includes('evaluate:logins'));
}

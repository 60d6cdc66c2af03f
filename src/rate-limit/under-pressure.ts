import { channel } from 'node:diagnostics_channel';
import underPressure from '@fastify/under-pressure';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AppConfig } from '../config/config.js';
import { DomainError } from '../errors/domain-error.js';

/** Publishes each request that was refused because the event loop was late. */
export const eventLoopRefusals = channel('vestibule:event-loop-refused');

/** The delay is a mean over this time, so that one long task, such as a slow start, refuses no request. */
const SAMPLE_MS = 2_000;

/** Refuses requests while the event loop is late, except probes and sign-ins. */
export async function registerUnderPressure(fastify: FastifyInstance, { deadlines }: AppConfig): Promise<void> {
  await fastify.register(underPressure, {
    maxEventLoopDelay: deadlines.eventLoopDelay,
    sampleInterval: SAMPLE_MS,
    pressureHandler: (request) => {
      if (isExempt(request)) return;
      eventLoopRefusals.publish(undefined);
      return Promise.reject(new DomainError('overloaded'));
    },
  });
}

/** Returns true for public routes, which include the probes, and for sign-ins. */
function isExempt({ routeOptions }: FastifyRequest): boolean {
  const { access } = routeOptions.config;
  if (access === undefined) return false;
  return access === 'public' || ('anyScopeOf' in access && access.anyScopeOf.includes('evaluate:logins'));
}

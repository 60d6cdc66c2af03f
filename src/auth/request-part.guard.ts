import type { CanActivate, ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DomainError } from '../errors/domain-error.js';
import { refusalOf } from './refusal-log.js';
import type { Scope } from './scopes.js';

/** Any of these body properties, any body property except these, or any of these query parameters. */
export type RequestPart =
  | { readonly body: readonly string[] }
  | { readonly bodyBut: readonly string[] }
  | { readonly query: readonly string[] };

/** Refuses a request that has the part and whose token lacks one of the scopes. Runs before validation. */
export class RequestPartGuard implements CanActivate {
  constructor(
    private readonly part: RequestPart,
    private readonly scopes: readonly Scope[],
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const missing = this.scopes.find((scope) => !request.scopes?.has(scope));
    if (missing === undefined || !isSent(this.part, request)) return true;
    const error = new DomainError('scope_insufficient', missing);
    request.server.refusalLog.add(refusalOf(error), request);
    throw error;
  }
}

function isSent(part: RequestPart, { body, query }: FastifyRequest): boolean {
  if ('query' in part) return namesIn(query).some((name) => part.query.includes(name));
  const sent = namesIn(body);
  return 'body' in part
    ? sent.some((name) => part.body.includes(name))
    : sent.some((name) => !part.bodyBut.includes(name));
}

const namesIn = (sent: unknown) => (typeof sent === 'object' && sent !== null ? Object.keys(sent) : []);

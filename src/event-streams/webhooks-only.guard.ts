import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { DomainError } from '../errors/domain-error.js';
import { at, WORDING } from '../http/validation/wording.js';

interface Sent {
  readonly destination?: {
    readonly type?: unknown;
    readonly configuration?: { readonly webhook_authorization?: { readonly method?: unknown } };
  };
}

/**
 * Refuses destinations and authorization methods that only Auth0 supports, by name. Runs before validation, which would
 * report the first unknown field of such a destination instead.
 */
@Injectable()
export class WebhooksOnlyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { destination } = (context.switchToHttp().getRequest<FastifyRequest>().body ?? {}) as Sent;
    const { type } = destination ?? {};
    if (type === 'eventbridge' || type === 'action') throw refused(type, ['destination', 'type']);
    const method = destination?.configuration?.webhook_authorization?.method;
    if (method === 'custom_header') {
      throw refused(method, ['destination', 'configuration', 'webhook_authorization', 'method']);
    }
    return true;
  }
}

const refused = (value: string, path: string[]) => new DomainError('body_invalid', at(WORDING.isIn(value), path));

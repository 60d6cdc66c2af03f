import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { Scope } from '../auth/scopes.js';
import { DomainError } from '../errors/domain-error.js';
import type { OperationKind } from './domain/operations.js';
import { listIn } from './dto/operations.js';

const SCOPES: Readonly<Record<OperationKind, Scope>> = {
  add: 'create:organization_connections',
  update: 'update:organization_connections',
  remove: 'delete:organization_connections',
};

/** Requires for every operation the scope of the equivalent single request. Runs before the body is validated. */
@Injectable()
export class OperationsGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { body, scopes } = context.switchToHttp().getRequest<FastifyRequest>();
    const sent = new Set(listIn(body)?.map((operation) => (operation as { op?: unknown } | null)?.op));
    for (const [op, scope] of Object.entries(SCOPES)) {
      if (sent.has(op) && !scopes?.has(scope)) throw new DomainError('scope_insufficient', scope);
    }
    return true;
  }
}

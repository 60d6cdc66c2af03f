import { DomainError } from '../../errors/domain-error.js';
import type { Operation } from '../domain/operations.js';
import type { OperationDto } from './bulk.dto.js';
import { changesIn, newSettingsIn, WIRE_NAMES } from '../domain/settings.js';
import { connectionOf } from './reference.js';

/** Returns the operations of a body, which is a list of them or an object with one. Returns undefined for any other body. */
export function listIn(body: unknown): unknown[] | undefined {
  const list: unknown = Array.isArray(body) ? body : (body as { operations?: unknown } | null | undefined)?.operations;
  return Array.isArray(list) ? list : undefined;
}

/** @throws DomainError when an operation removes a row and has settings */
export function operationOf(dto: OperationDto, index: number): Operation {
  const organization =
    dto.organization_id === undefined ? { name: dto.organization_name! } : { id: dto.organization_id };
  const named = { organization, connection: connectionOf(dto) };
  switch (dto.op) {
    case 'add':
      return { ...named, op: 'add', settings: newSettingsIn(dto) };
    case 'update':
      return { ...named, op: 'update', changes: changesIn(dto) };
    case 'remove': {
      const other = WIRE_NAMES.find((name) => dto[name as keyof OperationDto] !== undefined);
      if (other === undefined) return { ...named, op: 'remove' };
      throw new DomainError(
        'body_invalid',
        `'Additional properties not allowed: ${other}' on property operations.${index}`,
      );
    }
  }
}

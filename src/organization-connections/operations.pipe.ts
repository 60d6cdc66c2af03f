import { Injectable, type PipeTransform } from '@nestjs/common';
import { requireValid } from '../http/validation/validation.pipe.js';
import type { Operation } from './domain/operations.js';
import { BulkDto } from './dto/bulk.dto.js';
import { operationOf } from './dto/operations.js';

export interface Bulk {
  readonly operations: readonly Operation[];
  readonly atomic: boolean;
}

/** Validates a body with a list of operations, which JSON Lines always are, or an object with one. */
@Injectable()
export class OperationsPipe implements PipeTransform<unknown, Bulk> {
  transform(sent: unknown): Bulk {
    const body = Array.isArray(sent) ? { operations: sent as unknown[] } : sent;
    const { operations, atomic = false } = requireValid(BulkDto, body);
    return { operations: operations.map(operationOf), atomic };
  }
}

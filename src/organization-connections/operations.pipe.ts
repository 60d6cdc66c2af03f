import { Injectable, type PipeTransform } from '@nestjs/common';
import { FormBody } from '../http/body-parsers.js';
import { conforms } from '../http/validation/conforms.js';
import { RequestValidationPipe } from '../http/validation/validation.pipe.js';
import type { Operation } from './domain/operations.js';
import { BulkDto, MAX_OPERATIONS, OperationDto } from './dto/bulk.dto.js';
import { listIn, operationOf } from './dto/operations.js';

export interface Bulk {
  readonly operations: readonly Operation[];
  readonly atomic: boolean;
}

/** Reads a body that is a list of operations, as JSON Lines always are, or an object that has one. */
@Injectable()
export class OperationsPipe implements PipeTransform<unknown, Promise<Bulk>> {
  private readonly validation = new RequestValidationPipe();

  async transform(sent: unknown): Promise<Bulk> {
    const body = Array.isArray(sent) ? { operations: sent as unknown[] } : sent;
    const right = rightOperationsIn(sent);
    // What is right already is what the validation would make of it.
    const { operations, atomic } = await this.validate(right ? { ...(body as object), operations: [] } : body);
    return { operations: (right ?? operations).map(operationOf), atomic: atomic ?? false };
  }

  private validate(body: unknown): Promise<BulkDto> {
    return this.validation.transform(body, { type: 'body', metatype: BulkDto }) as Promise<BulkDto>;
  }
}

/** Undefined: something is wrong with them, or they are texts that must be converted. */
function rightOperationsIn(sent: unknown): OperationDto[] | undefined {
  const list = sent instanceof FormBody ? undefined : listIn(sent);
  if (list === undefined || list.length > MAX_OPERATIONS) return undefined;
  return list.every((operation) => conforms(OperationDto, operation)) ? (list as OperationDto[]) : undefined;
}

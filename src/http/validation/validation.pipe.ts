import { Injectable, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { validateSync, type ValidationError } from 'class-validator';
import { DomainError, type ErrorCode } from '../../errors/domain-error.js';
import { MISSING, rulesOf } from './fields.js';
import { OPEN_DTOS } from './other-properties.js';
import { instantiate, quickCheck } from './quick-check.js';
import { convertTexts, FormBody } from './text-input.js';
import { wireTypeOf } from './wire-type.js';

const ERROR_OF_SOURCE = {
  body: 'body_invalid',
  query: 'query_invalid',
  param: 'path_invalid',
} as const satisfies Record<string, ErrorCode>;

/** Checks every body, query and path against its DTO and hands on an instance that has only what was sent. */
@Injectable()
export class ValidationPipe implements PipeTransform {
  transform(value: unknown, { type, metatype }: ArgumentMetadata): unknown {
    if (type === 'custom' || metatype === undefined || metatype === Object) return value;
    const error = ERROR_OF_SOURCE[type];
    const dto = metatype as new () => object;
    const input = readInput(value, type, dto, error);
    const accepted = quickCheck(input, dto);
    if (accepted) return accepted;

    const instance = instantiate(input, dto);
    const [problem] = validateSync(instance, {
      whitelist: true,
      forbidNonWhitelisted: !OPEN_DTOS.has(dto),
      stopAtFirstError: true,
      forbidUnknownValues: true,
    });
    if (problem) throw new DomainError(error, describe(problem));
    const unknown = findUnknown(input, dto);
    if (unknown) throw new DomainError(error, unknown);
    return instance;
  }
}

/**
 * The first property that is no field. class-validator finds those itself, but for `constructor`, which it must not see.
 */
function findUnknown(input: unknown, dto: new () => object, parents: readonly string[] = []): string | undefined {
  if (wireTypeOf(input) !== 'object') return undefined;
  const rules = rulesOf(dto);
  for (const [name, value] of Object.entries(input as object)) {
    const rule = rules.get(name);
    if (!rule && !OPEN_DTOS.has(dto)) return at(`Additional properties not allowed: ${name}`, parents);
    if (!rule?.nested) continue;
    for (const [index, item] of (Array.isArray(value) ? value : [value]).entries()) {
      const path = Array.isArray(value) ? [...parents, name, String(index)] : [...parents, name];
      const unknown = findUnknown(item, rule.nested(), path);
      if (unknown) return unknown;
    }
  }
  return undefined;
}

function readInput(
  value: unknown,
  type: 'body' | 'query' | 'param',
  dto: new () => object,
  error: ErrorCode,
): Record<string, unknown> {
  // A request without a body sends no properties.
  const input = value === undefined ? {} : value;
  if (input instanceof FormBody) return convertTexts(input.values, dto);
  if (wireTypeOf(input) !== 'object') {
    throw new DomainError(error, `'Expected type object but found type ${wireTypeOf(input)}'`);
  }
  return type === 'body' ? (input as Record<string, unknown>) : convertTexts(input as Record<string, unknown>, dto);
}

/** The first thing wrong, as `'DETAIL' on property PATH`, or `'DETAIL'` alone where the detail names the property. */
function describe(problem: ValidationError, parents: readonly string[] = []): string {
  const path = [...parents, problem.property];
  const [constraint, message] = Object.entries(problem.constraints ?? {})[0] ?? [];
  if (constraint === undefined) {
    const [child] = problem.children ?? [];
    return child ? describe(child, path) : `'Invalid' on property ${path.join('.')}`;
  }
  if (constraint === 'whitelistValidation')
    return at(`Additional properties not allowed: ${problem.property}`, parents);
  if (constraint === MISSING) return at(message ?? '', parents);
  return at(message ?? '', path);
}

const at = (detail: string, path: readonly string[]) =>
  path.length === 0 ? `'${detail}'` : `'${detail}' on property ${path.join('.')}`;

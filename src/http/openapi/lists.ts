import { applyDecorators, type Type } from '@nestjs/common';
import { ApiExtraModels, ApiResponse, getSchemaPath } from '@nestjs/swagger';

type Paging = 'offset' | 'checkpoint';

/**
 * Declares the answers of a list: a bare array, an object with totals, and a page when it has checkpoint paging.
 *
 * @param further names of counts besides `start`, `limit` and `total`
 */
export const ApiList = (name: string, row: Type, pagings: readonly Paging[], further: readonly string[] = []) => {
  const rows = { type: 'array', items: { $ref: getSchemaPath(row) } };
  const number = { type: 'integer' };
  const counts = ['start', 'limit', 'total', ...further];
  const withTotals = {
    type: 'object',
    properties: { ...Object.fromEntries(counts.map((count) => [count, number])), [name]: rows },
    required: [...counts, name],
  };
  const checkpoint = { type: 'object', properties: { [name]: rows, next: { type: 'string' } }, required: [name] };
  const shapes = [rows, withTotals, ...(pagings.includes('checkpoint') ? [checkpoint] : [])];
  return applyDecorators(ApiExtraModels(row), ApiResponse({ status: 200, schema: { oneOf: shapes } }));
};

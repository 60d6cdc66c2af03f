import { applyDecorators, type Type } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiExtraModels, getSchemaPath } from '@nestjs/swagger';

/** Declares a body that must have at least one property, as `NotEmptyPipe` checks. */
export const ApiNotEmptyBody = (dto: Type) =>
  applyDecorators(
    ApiExtraModels(dto),
    ApiBody({ schema: { type: 'object', minProperties: 1, allOf: [{ $ref: getSchemaPath(dto) }] } }),
  );

export const JSON_LINES_TYPES = ['application/x-ndjson', 'application/jsonl'];

/** Declares a body that is an object, or a list of its items, or the items as JSON Lines. */
export const ApiJsonLinesBody = (dto: Type, item: Type) =>
  applyDecorators(
    ApiExtraModels(dto, item),
    ApiConsumes('application/json', ...JSON_LINES_TYPES),
    ApiBody({
      schema: { oneOf: [{ $ref: getSchemaPath(dto) }, { type: 'array', items: { $ref: getSchemaPath(item) } }] },
    }),
  );

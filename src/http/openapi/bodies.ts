import { applyDecorators, type Type } from '@nestjs/common';
import { ApiBody, ApiExtraModels, schemaPath } from './decorators.js';

/** Declares a body that must have at least one property; `NotEmptyPipe` is what checks it. */
export const ApiNotEmptyBody = (dto: Type) =>
  applyDecorators(
    ApiExtraModels(dto),
    ApiBody({ schema: { type: 'object', minProperties: 1, allOf: [{ $ref: schemaPath(dto) }] } }),
  );

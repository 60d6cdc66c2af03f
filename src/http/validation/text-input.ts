import { getMetadataStorage } from 'class-validator';

/**
 * Input that knows only texts: query strings, paths and form bodies. Its `true`, `3` and single list items are turned
 * into what the DTO declares; what does not fit stays a text, so that the check can name it.
 */
export class FormBody {
  constructor(readonly values: Record<string, unknown>) {}
}

type Class = new () => object;

/** @returns a copy of `input` with the types that the fields of `dto` declare */
export function convertTexts(input: Record<string, unknown>, dto: Class): Record<string, unknown> {
  const converted: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(input)) converted[name] = convert(value, dto, name);
  return converted;
}

function convert(value: unknown, dto: Class, property: string): unknown {
  const declared = Reflect.getMetadata('design:type', dto.prototype as object, property) as unknown;
  if (declared === Boolean) return value === 'true' ? true : value === 'false' ? false : value;
  if (declared === Number) return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  if (declared === Array) return typeof value === 'string' ? [value] : value;
  if (isDto(declared) && typeof value === 'object' && value !== null) {
    return convertTexts(value as Record<string, unknown>, declared);
  }
  return value;
}

function isDto(type: unknown): type is Class {
  return (
    typeof type === 'function' && getMetadataStorage().getTargetValidationMetadatas(type, '', false, false).length > 0
  );
}

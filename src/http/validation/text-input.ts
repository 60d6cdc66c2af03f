import { rulesOf, type FieldRule } from './fields.js';
import { wireTypeOf } from './wire-type.js';

/** The fields of a form body, all texts. */
export class FormBody {
  constructor(readonly values: Record<string, unknown>) {}
}

type Class = new () => object;

/**
 * Query strings, paths and form bodies know only texts: their `true`, `3` and single list items are turned into what
 * the fields of the DTO declare. What does not fit stays a text, so that the check can name it.
 */
export function convertTexts(input: Record<string, unknown>, dto: Class): Record<string, unknown> {
  const rules = rulesOf(dto);
  // Without a prototype: a client may send any name.
  const converted = Object.create(null) as Record<string, unknown>;
  for (const name of Object.keys(input)) {
    const rule = rules.get(name);
    converted[name] = rule ? convert(input[name], rule) : input[name];
  }
  return converted;
}

function convert(value: unknown, { type, nested }: FieldRule): unknown {
  switch (type) {
    case 'boolean':
      return value === 'true' ? true : value === 'false' ? false : value;
    case 'integer':
      return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
    case 'array':
      if (typeof value === 'string') return [value];
      return Array.isArray(value) && nested ? value.map((item) => convertNested(item, nested)) : value;
    case 'object':
      return nested ? convertNested(value, nested) : value;
    case 'string':
      return value;
  }
}

function convertNested(value: unknown, dto: () => Class): unknown {
  return wireTypeOf(value) === 'object' ? convertTexts(value as Record<string, unknown>, dto()) : value;
}

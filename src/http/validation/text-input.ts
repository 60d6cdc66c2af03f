import { rulesOf } from './fields.js';

/** The fields of a form body, all texts. */
export class FormBody {
  constructor(readonly values: Record<string, unknown>) {}
}

type Class = new () => object;
type Convert = (value: unknown) => unknown;

const CONVERTERS = new WeakMap<Class, ReadonlyMap<string, Convert>>();

/**
 * Query strings, paths and form bodies know only texts: their `true`, `3` and single list items are turned into what
 * the fields of the DTO declare. What does not fit stays a text, so that the check can name it.
 */
export function convertTexts(input: Record<string, unknown>, dto: Class): Record<string, unknown> {
  const converters = convertersOf(dto);
  const converted: Record<string, unknown> = {};
  for (const name of Object.keys(input)) {
    const convert = converters.get(name);
    converted[name] = convert ? convert(input[name]) : input[name];
  }
  return converted;
}

function convertersOf(dto: Class): ReadonlyMap<string, Convert> {
  const known = CONVERTERS.get(dto);
  if (known) return known;
  const made = new Map<string, Convert>();
  for (const name of rulesOf(dto).keys()) {
    const convert = converterTo(Reflect.getMetadata('design:type', dto.prototype as object, name));
    if (convert) made.set(name, convert);
  }
  CONVERTERS.set(dto, made);
  return made;
}

function converterTo(declared: unknown): Convert | undefined {
  if (declared === Boolean) return (value) => (value === 'true' ? true : value === 'false' ? false : value);
  if (declared === Number) {
    return (value) => (typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value);
  }
  if (declared === Array) return (value) => (typeof value === 'string' ? [value] : value);
  if (typeof declared !== 'function' || rulesOf(declared).size === 0) return undefined;
  return (value) =>
    typeof value === 'object' && value !== null
      ? convertTexts(value as Record<string, unknown>, declared as Class)
      : value;
}

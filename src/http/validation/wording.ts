import type { ValidationArguments, ValidationError, ValidationOptions } from 'class-validator';

const expected = (type: string, value: unknown) => `Expected type ${type} but found type ${wireTypeOf(value)}`;
const lengthOf = (text: string) => `${[...text].length} chars`;

/** The messages of the Management API about a wrong value. */
export const WORDING = {
  isBoolean: (value: unknown) => expected('boolean', value),
  isString: (value: unknown) => expected('string', value),
  isInt: (value: unknown) => expected('integer', value),
  isArray: (value: unknown) => expected('array', value),
  isObject: (value: unknown) => expected('object', value),
  isIn: (text: string) => `No enum match for: ${text}`,
  min: (value: number, minimum: number) => `Value ${value} is less than minimum ${minimum}`,
  max: (value: number, maximum: number) => `Value ${value} is greater than maximum ${maximum}`,
  minLength: (text: string, minimum: number) => `String is too short (${lengthOf(text)}), minimum ${minimum}`,
  maxLength: (text: string, maximum: number) => `String is too long (${lengthOf(text)}), maximum ${maximum}`,
  matches: (text: string, pattern: RegExp) => `String does not match pattern ${pattern.source}: ${text}`,
  isFormat: (text: string, format: string) => `Object didn't pass validation for format ${format}: ${text}`,
  isStorable: () => "Object didn't pass validation for format unicode",
  arrayMinSize: (items: unknown[], minimum: number) => `Array is too short (${items.length}), minimum ${minimum}`,
  arrayMaxSize: (items: unknown[], maximum: number) => `Array is too long (${items.length}), maximum ${maximum}`,
  arrayUnique: (keys: unknown[]) => {
    const second = keys.findIndex((key, index) => keys.indexOf(key) < index);
    return `Array items are not unique (indexes ${keys.indexOf(keys[second])} and ${second})`;
  },
  isNotEmptyObject: () => 'Too few properties defined (0), minimum 1',
  isInsteadOf: (_: unknown, other: string) => `Cannot be sent together with ${other}`,
};

/**
 * The `message` of a decorator of class-validator, made of the value and the decorator's first argument. It is JSON
 * without `$`, because class-validator replaces `$value` and the like in a message, also where the client wrote it.
 */
export const worded = <Value, Limit>(wording: (value: Value, limit: Limit) => string): ValidationOptions => ({
  message: ({ value, constraints }: ValidationArguments) =>
    JSON.stringify(wording(value as Value, constraints?.[0] as Limit)).replaceAll('$', '\\u0024'),
});

/** Returns the message of the first error, as `'DETAIL' on property PATH`. Every message must be {@link worded}. */
export function describe(error: ValidationError, parents: readonly string[] = []): string {
  const { property, constraints, children } = error;
  const [message] = Object.values(constraints ?? {});
  if (message === undefined) return describe(children![0]!, [...parents, property]);
  if (error.value === undefined) return at(`Missing required property: ${property}`, parents);
  return at(JSON.parse(message) as string, [...parents, property]);
}

export const at = (detail: string, path: readonly string[] = []) =>
  path.length === 0 ? `'${detail}'` : `'${detail}' on property ${path.join('.')}`;

/** Returns the type of a value, as the messages name it. */
function wireTypeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

import {
  getMetadataStorage,
  isString,
  maxLength,
  type ValidationArguments,
  type ValidationError,
} from 'class-validator';
import { isStorable } from './storable.js';

const expected = (type: string, value: unknown) => `Expected type ${type} but found type ${wireTypeOf(value)}`;
const lengthOf = (text: string) => `${[...text].length} chars`;

/**
 * What is wrong, in the words that users of the Management API know: by the constraint of class-validator that does not
 * hold, of the value and the limit. Not by class-validator's `message`: it replaces `$value` and its like in the text
 * that comes out, and so in what the client sent.
 */
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
  arrayUnique: (items: Record<string, unknown>[], key: string) => {
    const keys = items.map((item) => item[key]);
    const second = keys.findIndex((value, at) => keys.indexOf(value) < at);
    return `Array items are not unique (indexes ${keys.indexOf(keys[second])} and ${second})`;
  },
  isNotEmptyObject: () => 'Too few properties defined (0), minimum 1',
  isTextMap: (map: object, maxProperties: number) => textMapProblem(map, maxProperties) ?? '',
  isInsteadOf: (_: unknown, other: string) => `Cannot be sent together with ${other}`,
  maxBytes: (value: object, maximum: number) => sizeProblem(value, maximum) ?? '',
} satisfies Record<string, (value: never, limit: never) => string>;

export const MAP_TEXT_LENGTH = 255;

/** The first thing wrong with a map of names to texts or nulls. */
export function textMapProblem(map: object, maxProperties: number): string | undefined {
  const entries = Object.entries(map) as [string, unknown][];
  if (entries.length > maxProperties) {
    return `Too many properties defined (${entries.length}), maximum ${maxProperties}`;
  }
  for (const [name, text] of entries) {
    if (!isStorable(name)) return WORDING.isStorable();
    if (text === null) continue;
    if (!isString(text)) return WORDING.isString(text);
    if (!maxLength(text, MAP_TEXT_LENGTH)) return WORDING.maxLength(text, MAP_TEXT_LENGTH);
    if (!isStorable(text)) return WORDING.isStorable();
  }
  return undefined;
}

/** What is wrong with the size of a JSON object. */
export function sizeProblem(value: object, maxBytes: number): string | undefined {
  const bytes = Buffer.byteLength(JSON.stringify(value));
  return bytes > maxBytes ? `Object is too large (${bytes} bytes), maximum ${maxBytes}` : undefined;
}

/** The first thing wrong, as `'DETAIL' on property PATH`. */
export function describe(error: ValidationError, parents: readonly string[] = []): string {
  const path = [...parents, error.property];
  const [name] = Object.keys(error.constraints ?? {});
  if (name === undefined) return describe(error.children![0]!, path);
  if (error.value === undefined) return at(`Missing required property: ${error.property}`, parents);
  return at(detailOf(error, name as keyof typeof WORDING), path);
}

export const at = (detail: string, path: readonly string[] = []) =>
  path.length === 0 ? `'${detail}'` : `'${detail}' on property ${path.join('.')}`;

/** An error of class-validator tells neither the limit nor which item of a list it is about; its metadata does. */
function detailOf({ target, property, value }: ValidationError, name: keyof typeof WORDING): string {
  const storage = getMetadataStorage();
  const rule = storage
    .getTargetValidationMetadatas(target!.constructor, '', false, false)
    .find((metadata) => metadata.propertyName === property && metadata.name === name)!;
  const limit: unknown = rule.constraints?.[0] ?? rule.context;
  const [constraint] = storage.getTargetValidatorConstraints(rule.constraintCls);
  const holds = (item: unknown) => constraint!.instance.validate(item, rule as unknown as ValidationArguments);
  const culprit: unknown = rule.each ? (value as unknown[]).find((item) => !holds(item)) : value;
  return (WORDING[name] as (value: unknown, limit: unknown) => string)(culprit, limit);
}

/** What a value on the wire is, in the words of these messages. */
function wireTypeOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

import { isString, maxLength, minLength, ValidateBy, type ValidationArguments } from 'class-validator';
import { FORMATS, type FormatName } from './formats.js';
import { isStorable } from './storable.js';
import { WORDING, worded } from './wording.js';

/** Checks for which class-validator has no decorator, or none that tells which item of a list is wrong. */

export interface StringLimits {
  minLength?: number;
  maxLength?: number;
  pattern?: RegExp;
  format?: FormatName;
  enum?: readonly string[];
}

export const MAP_TEXT_LENGTH = 255;

/** A text within the limits, which Postgres can store. */
export const IsText = (limits: StringLimits) => by('isText', (text) => textProblem(text, limits));

/** A list of such texts. */
export const IsTextList = (limits: StringLimits) =>
  by('isTextList', (texts: unknown[]) => firstOf(texts, (text) => textProblem(text, limits)));

/** Texts or nulls, under names that Postgres can store. */
export const IsTextMap = (maxProperties: number) =>
  by('isTextMap', (map: object) => textMapProblem(Object.entries(map), maxProperties));

export const MaxBytes = (maximum: number) => by('maxBytes', (value: object) => sizeProblem(value, maximum));

/** Of two fields only one may be sent. */
export const IsInsteadOf = (other: string) =>
  ValidateBy(
    {
      name: 'isInsteadOf',
      constraints: [other],
      validator: {
        validate: (_, rule?: ValidationArguments) => (rule?.object as Record<string, unknown>)[other] === undefined,
      },
    },
    worded(WORDING.isInsteadOf),
  );

/** Returns what is wrong with the size of a JSON object, or undefined when it is within the limit. */
export function sizeProblem(value: object, maximum: number): string | undefined {
  const bytes = Buffer.byteLength(JSON.stringify(value));
  return bytes > maximum ? `Object is too large (${bytes} bytes), maximum ${maximum}` : undefined;
}

/** @param problemOf returns what is wrong with a value, or undefined when nothing is */
const by = <Value>(name: string, problemOf: (value: Value) => string | undefined) =>
  ValidateBy(
    { name, validator: { validate: (value) => problemOf(value as Value) === undefined } },
    worded((value: Value) => problemOf(value)!),
  );

function textProblem(text: unknown, limits: StringLimits): string | undefined {
  if (!isString(text)) return WORDING.isString(text);
  const { minLength: shortest, maxLength: longest, pattern, format } = limits;
  if (limits.enum && !limits.enum.includes(text)) return WORDING.isIn(text);
  if (shortest !== undefined && !minLength(text, shortest)) return WORDING.minLength(text, shortest);
  if (longest !== undefined && !maxLength(text, longest)) return WORDING.maxLength(text, longest);
  if (!isStorable(text)) return WORDING.isStorable();
  if (pattern && !pattern.test(text)) return WORDING.matches(text, pattern);
  if (format && !FORMATS[format](text)) return WORDING.isFormat(text, format);
  return undefined;
}

function textMapProblem(entries: [string, unknown][], maxProperties: number): string | undefined {
  if (entries.length > maxProperties) {
    return `Too many properties defined (${entries.length}), maximum ${maxProperties}`;
  }
  return firstOf(entries, ([name, text]) => {
    if (!isStorable(name)) return WORDING.isStorable();
    return text === null ? undefined : textProblem(text, { maxLength: MAP_TEXT_LENGTH });
  });
}

function firstOf<Item>(items: readonly Item[], problemOf: (item: Item) => string | undefined): string | undefined {
  for (const item of items) {
    const problem = problemOf(item);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '../openapi/decorators.js';
import { ValidateBy, ValidateIf, ValidateNested, type ValidationArguments } from 'class-validator';
import { FORMATS, type FormatName } from './formats.js';
import { isStorable } from './storable.js';
import { wireTypeOf } from './wire-type.js';

/**
 * One decorator a field of a DTO: it checks the field with class-validator and describes it in the OpenAPI document, so
 * that the two cannot differ. Messages have the wording that users of the Management API know.
 */

interface Common {
  required?: boolean;
  nullable?: boolean;
  description?: string;
}

type WireType = 'string' | 'boolean' | 'integer' | 'array' | 'object';
type Schema = Record<string, unknown>;
type Dto = new () => object;
type Check = (value: unknown) => string | undefined;

/** Marks the message of a missing property, which names no path. */
export const MISSING = 'missing';

export interface StringLimits {
  minLength?: number;
  maxLength?: number;
  pattern?: RegExp;
  format?: FormatName;
}

export const StringField = (options: StringLimits & Common = {}) =>
  field(options, { type: 'string', ...stringSchema(options) }, (value) => checkString(value, options));

export const BooleanField = (options: Common = {}) =>
  field(options, { type: 'boolean' }, (value) => checkType('boolean', value));

/** A whole number; no larger than Postgres' integer, so that it can never overflow a statement. */
export const IntegerField = ({ minimum, maximum, ...options }: { minimum: number; maximum?: number } & Common) =>
  field(options, { type: 'integer', minimum, ...(maximum === undefined ? {} : { maximum }) }, (value) => {
    const most = maximum ?? 2_147_483_647;
    if (typeof value !== 'number' || !Number.isInteger(value)) return expected('integer', value);
    if (value < minimum) return `Value ${value} is less than minimum ${minimum}`;
    if (value > most) return `Value ${value} is greater than maximum ${most}`;
    return undefined;
  });

export const EnumField = (values: readonly string[], options: Common & { name?: string } = {}) =>
  field(options, { type: 'string', enum: [...values] }, (value) => checkEnum(value, values));

export const StringListField = ({
  item = {},
  minItems,
  maxItems,
  ...options
}: { item?: StringLimits; minItems?: number; maxItems?: number } & Common = {}) =>
  field(
    options,
    {
      type: 'array',
      items: { type: 'string', ...stringSchema(item) },
      ...(minItems === undefined ? {} : { minItems }),
      ...(maxItems === undefined ? {} : { maxItems }),
    },
    (value) => checkList(value, { minItems, maxItems }, (entry) => checkString(entry, item)),
  );

export const EnumListField = (values: readonly string[], options: Common = {}) =>
  field(options, { type: 'array', items: { type: 'string', enum: [...values] } }, (value) =>
    checkList(value, {}, (entry) => checkEnum(entry, values)),
  );

/** Names with short texts; a null text is a name to leave out. */
export const TextMapField = ({ maxProperties, ...options }: { maxProperties: number } & Common) =>
  field(
    options,
    {
      type: 'object',
      maxProperties,
      additionalProperties: { type: ['string', 'null'], maxLength: MAP_TEXT_LENGTH },
    },
    (value) => {
      if (!isRecord(value)) return expected('object', value);
      const entries = Object.entries(value);
      if (entries.length > maxProperties) {
        return `Too many properties defined (${entries.length}), maximum ${maxProperties}`;
      }
      for (const [name, text] of entries) {
        const problem =
          checkString(name, {}) ?? (text === null ? undefined : checkString(text, { maxLength: MAP_TEXT_LENGTH }));
        if (problem) return problem;
      }
      return undefined;
    },
  );

const MAP_TEXT_LENGTH = 255;

/** A text map as an answer shows it: without the names that were left out. */
export const textMapSchema = (maxProperties: number) =>
  ({
    type: 'object',
    maxProperties,
    additionalProperties: { type: 'string', maxLength: MAP_TEXT_LENGTH },
  }) as const;

/** Any JSON object, kept as it is. */
export const JsonObjectField = ({ maxBytes, ...options }: { maxBytes: number } & Common) =>
  field(options, { type: 'object', additionalProperties: true }, (value) => {
    if (!isRecord(value)) return expected('object', value);
    return sizeProblem(value, maxBytes);
  });

/** What is wrong with the size of a JSON object, for the message of an answer. */
export function sizeProblem(value: object, maxBytes: number): string | undefined {
  const bytes = Buffer.byteLength(JSON.stringify(value));
  return bytes > maxBytes ? `Object is too large (${bytes} bytes), maximum ${maxBytes}` : undefined;
}

/** @nestjs/swagger knows a class that is named later by the name `type` of the function. */
const lazily = <T>(type: () => T) => ({ type: () => type() });

export const ObjectField = <T extends object>(
  type: () => new () => T,
  { minProperties = 0, ...options }: { minProperties?: number } & Common = {},
) =>
  applyDecorators(
    field(
      options,
      { type: 'object' },
      (value) => {
        if (!isRecord(value)) return expected('object', value);
        const count = Object.keys(value).length;
        return count < minProperties ? `Too few properties defined (${count}), minimum ${minProperties}` : undefined;
      },
      { dto: type, api: { ...lazily(type), ...(minProperties === 0 ? {} : { minProperties }) } },
    ),
    // ValidateNested refuses a null by itself, also one that the field allows.
    ...(options.nullable ? [ValidateIf((_, value) => value !== null)] : []),
    ValidateNested(),
  );

export const ObjectListField = <T extends object>(
  type: () => new () => T,
  { maxItems, uniqueBy, ...options }: { maxItems?: number; uniqueBy?: keyof T & string } & Common = {},
) =>
  applyDecorators(
    field(
      options,
      { type: 'array' },
      (value) =>
        checkList(value, { maxItems }, (entry) => (isRecord(entry) ? undefined : expected('object', entry))) ??
        (uniqueBy === undefined ? undefined : checkUnique(value as T[], uniqueBy)),
      { dto: type, api: { ...lazily(type), isArray: true, ...(maxItems === undefined ? {} : { maxItems }) } },
    ),
    ValidateNested({ each: true }),
  );

/** What one field of a DTO accepts. */
export interface FieldRule {
  readonly type: WireType;
  readonly required: boolean;
  /** Undefined when the value is as declared, else what is wrong. Does not look into nested DTOs. */
  readonly check: Check;
  /** The DTO that the field, or each item of a list, has to fit. */
  readonly nested?: () => Dto;
}

const RULES = new WeakMap<object, Map<string, FieldRule>>();

const GATHERED = new WeakMap<object, ReadonlyMap<string, FieldRule>>();

/** The fields of a DTO, its own and inherited ones; an own one replaces the inherited one. Gathered only once. */
export function rulesOf({ prototype }: { prototype: object }): ReadonlyMap<string, FieldRule> {
  const known = GATHERED.get(prototype);
  if (known) return known;
  const parent = Object.getPrototypeOf(prototype) as object | null;
  const inherited = parent === null || parent === Object.prototype ? [] : rulesOf({ prototype: parent });
  const rules = new Map([...inherited, ...(RULES.get(prototype) ?? [])]);
  GATHERED.set(prototype, rules);
  return rules;
}

function remember(rule: FieldRule): PropertyDecorator {
  return (prototype, property) => {
    const rules = RULES.get(prototype) ?? new Map<string, FieldRule>();
    RULES.set(prototype, rules.set(String(property), rule));
  };
}

function field(
  { required = false, nullable = false, description }: Common,
  schema: Schema & { type: WireType },
  check: Check,
  nested?: { dto: () => Dto; api: object },
): PropertyDecorator {
  const checked = (value: unknown) => (value === null && nullable ? undefined : check(value));
  return applyDecorators(
    remember({ type: schema.type, required, check: checked, nested: nested?.dto }),
    ApiProperty({ required, description, ...(nullable ? { nullable } : {}), ...(nested?.api ?? schema) }),
    required
      ? ValidateBy({ name: MISSING, validator: { validate: (value) => value !== undefined, defaultMessage: missing } })
      : ValidateIf((_, value) => value !== undefined),
    ValidateBy({
      name: 'field',
      validator: {
        validate: (value) => checked(value) === undefined,
        defaultMessage: (given) => checked(given?.value) ?? '',
      },
    }),
  );
}

const missing = (given?: ValidationArguments) => `Missing required property: ${given?.property}`;
const expected = (type: string, value: unknown) => `Expected type ${type} but found type ${wireTypeOf(value)}`;
const isRecord = (value: unknown): value is Record<string, unknown> => wireTypeOf(value) === 'object';
const checkType = (type: 'boolean' | 'string', value: unknown) =>
  typeof value === type ? undefined : expected(type, value);

function checkString(value: unknown, { minLength, maxLength, pattern, format }: StringLimits): string | undefined {
  if (typeof value !== 'string') return expected('string', value);
  // A character outside the basic plane counts once but takes two units; most texts need not be counted to know.
  if (minLength !== undefined && value.length < 2 * minLength && characters(value) < minLength) {
    return `String is too short (${characters(value)} chars), minimum ${minLength}`;
  }
  if (maxLength !== undefined && value.length > maxLength && characters(value) > maxLength) {
    return `String is too long (${characters(value)} chars), maximum ${maxLength}`;
  }
  if (!isStorable(value)) return "Object didn't pass validation for format unicode";
  if (pattern && !pattern.test(value)) return `String does not match pattern ${pattern.source}: ${value}`;
  if (format && !FORMATS[format](value)) return `Object didn't pass validation for format ${format}: ${value}`;
  return undefined;
}

const characters = (text: string) => [...text].length;

/** The limits of a text as the OpenAPI document writes them, also for a text of an answer. */
export function stringSchema({ minLength, maxLength, pattern, format }: StringLimits): Schema {
  return Object.fromEntries(
    Object.entries({ minLength, maxLength, pattern: pattern?.source, format }).filter(
      ([, value]) => value !== undefined,
    ),
  );
}

function checkEnum(value: unknown, values: readonly string[]): string | undefined {
  if (typeof value !== 'string') return expected('string', value);
  return values.includes(value) ? undefined : `No enum match for: ${value}`;
}

function checkList(
  value: unknown,
  { minItems = 0, maxItems }: { minItems?: number; maxItems?: number },
  checkItem: Check,
): string | undefined {
  if (!Array.isArray(value)) return expected('array', value);
  if (value.length < minItems) return `Array is too short (${value.length}), minimum ${minItems}`;
  if (maxItems !== undefined && value.length > maxItems) {
    return `Array is too long (${value.length}), maximum ${maxItems}`;
  }
  for (const item of value) {
    const problem = checkItem(item);
    if (problem) return problem;
  }
  return undefined;
}

function checkUnique<T extends object>(items: T[], key: keyof T & string): string | undefined {
  const firstAt = new Map<unknown, number>();
  for (const [at, item] of items.entries()) {
    const earlier = firstAt.get(item[key]);
    if (earlier !== undefined) return `Array items are not unique (indexes ${earlier} and ${at})`;
    firstAt.set(item[key], at);
  }
  return undefined;
}

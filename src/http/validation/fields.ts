import { applyDecorators } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { Exclude, Transform, Type } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsInt,
  IsNotEmptyObject,
  isObject,
  IsObject,
  IsOptional,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import {
  IsInsteadOf,
  IsText,
  IsTextList,
  IsTextMap,
  MAP_TEXT_LENGTH,
  MaxBytes,
  type StringLimits,
} from './constraints.js';
import { WORDING, worded } from './wording.js';

/**
 * One decorator a field, made of those of class-validator, class-transformer and Swagger, so that a limit is written
 * once. The checks run in the order given here; what a refusal says is in wording.ts.
 */

interface Common {
  required?: boolean;
  nullable?: boolean;
  /** The other of two fields, of which exactly one is sent. */
  insteadOf?: string;
  description?: string;
}

type Schema = Record<string, unknown>;
type Dto<T extends object = object> = () => new () => T;

/** The group of the conversions that are for queries, paths and forms alone, which know nothing but texts. */
export const TEXTS = 'texts';

/** Names the DTO of a nested field; any other field has it too, and names none. */
export const NESTED = Symbol('nested');

/** Postgres' integer, so that no number can overflow a statement. */
const MAX_INTEGER = 2_147_483_647;

export const StringField = ({ required, nullable, insteadOf, description, ...limits }: StringLimits & Common = {}) =>
  leaf({ required, nullable, insteadOf, description, ...stringSchema(limits) }, [IsText(limits)]);

export const EnumField = (values: readonly string[], options: Common = {}) => StringField({ ...options, enum: values });

export const BooleanField = (options: Common = {}) =>
  leaf({ ...options, type: 'boolean' }, [IsBoolean(worded(WORDING.isBoolean))], toBoolean);

export const IntegerField = (options: { minimum: number; maximum?: number } & Common) =>
  leaf(
    { ...options, type: 'integer' },
    [
      IsInt(worded(WORDING.isInt)),
      Min(options.minimum, worded(WORDING.min)),
      Max(options.maximum ?? MAX_INTEGER, worded(WORDING.max)),
    ],
    toNumber,
  );

export const StringListField = ({
  item = {},
  ...options
}: { item?: StringLimits; minItems?: number; maxItems?: number } & Common = {}) =>
  leaf({ ...options, type: 'array', items: stringSchema(item) }, [...list(options), IsTextList(item)], toList);

/** Names with short texts; a null text is a name to leave out. */
export const TextMapField = ({ maxProperties, ...options }: { maxProperties: number } & Common) =>
  leaf({ ...options, ...textMapSchema(maxProperties, ['string', 'null']) }, [IsAnObject(), IsTextMap(maxProperties)]);

/** Any JSON object, kept as it is. */
export const JsonObjectField = ({ maxBytes, ...options }: { maxBytes: number } & Common) =>
  leaf({ ...options, type: 'object', additionalProperties: true }, [IsAnObject(), MaxBytes(maxBytes)]);

export const ObjectField = (dto: Dto, { notEmpty, ...options }: { notEmpty?: true } & Common = {}) =>
  field({ ...options, type: () => dto(), ...(notEmpty && { minProperties: 1 }) }, dto, [
    Type(dto),
    IsAnObject(),
    ...given(notEmpty, () => IsNotEmptyObject({}, worded(WORDING.isNotEmptyObject))),
    ValidateNested(),
  ]);

export const ObjectListField = <T extends object>(
  dto: Dto<T>,
  { uniqueBy, ...options }: { maxItems?: number; uniqueBy?: keyof T & string } & Common = {},
) =>
  field({ ...options, type: () => dto(), isArray: true }, dto, [
    Type(dto),
    fromText(toList),
    ...list(options),
    IsObject({ each: true, ...worded((items: unknown[]) => WORDING.isObject(items.find((item) => !isObject(item)))) }),
    ...given(uniqueBy, (key) =>
      ArrayUnique(
        (item: T) => item[key],
        worded((items: T[]) => WORDING.arrayUnique(items.map((item) => item[key]))),
      ),
    ),
    ValidateNested({ each: true }),
  ]);

/** A text map as an answer shows it: without the names that were left out. */
export const textMapSchema = (maxProperties: number, type: string | string[] = 'string') => ({
  type: 'object' as const,
  maxProperties,
  additionalProperties: { type, maxLength: MAP_TEXT_LENGTH },
});

/** A text as the OpenAPI document writes it, also one of an answer. */
export const stringSchema = ({ pattern, enum: values, ...limits }: StringLimits): Schema => ({
  type: 'string',
  ...limits,
  ...(pattern && { pattern: pattern.source }),
  ...(values && { enum: [...values] }),
});

const IsAnObject = () => IsObject(worded(WORDING.isObject));

const list = ({ minItems, maxItems }: { minItems?: number; maxItems?: number }) => [
  IsArray(worded(WORDING.isArray)),
  ...given(minItems, (limit) => ArrayMinSize(limit, worded(WORDING.arrayMinSize))),
  ...given(maxItems, (limit) => ArrayMaxSize(limit, worded(WORDING.arrayMaxSize))),
];

const given = <Limit>(limit: Limit | undefined, check: (limit: Limit) => PropertyDecorator): PropertyDecorator[] =>
  limit === undefined ? [] : [check(limit)];

/** Every check runs on a missing property too, unless it is one that may be left out. */
function field(
  { required = false, insteadOf, ...schema }: Common & Schema,
  nested: Dto | null,
  decorators: PropertyDecorator[],
): PropertyDecorator {
  const isAwaited = (dto: Record<string, unknown>) => insteadOf !== undefined && dto[insteadOf] === undefined;
  const leftOut = schema.nullable
    ? IsOptional()
    : ValidateIf((dto: Record<string, unknown>, value) => value !== undefined || isAwaited(dto));
  return applyDecorators(
    Reflect.metadata(NESTED, nested),
    ApiProperty({ required, ...schema }),
    ...(required ? [] : [leftOut]),
    ...given(insteadOf, IsInsteadOf),
    ...decorators,
  );
}

/** What class-transformer makes of an object without a look into it. */
@Exclude()
class Unread {}

/**
 * A field that keeps the client's own value and no copy of it: class-transformer takes the names in an object for its
 * own, and fails over a `constructor` that is none.
 */
const leaf = (schema: Common & Schema, checks: PropertyDecorator[], convert?: Conversion) =>
  // class-transformer applies the later of two transformations first.
  field(schema, null, [Type(() => Unread), ...given(convert, fromText), Transform(asSent), ...checks]);

type Conversion = (sent: unknown) => unknown;

const asSent = ({ obj, key }: { obj: Record<string, unknown>; key: string }) => obj[key];
const fromText = (convert: Conversion) => Transform(({ value }) => convert(value), { groups: [TEXTS] });

/** What does not fit stays a text, so that the check can name it. */
const toBoolean: Conversion = (sent) => (sent === 'true' ? true : sent === 'false' ? false : sent);
const toNumber: Conversion = (sent) => (typeof sent === 'string' && /^-?\d+(\.\d+)?$/.test(sent) ? Number(sent) : sent);
const toList: Conversion = (sent) => (typeof sent === 'string' ? [sent] : sent);

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
 * One decorator a field, composed of those of class-validator, class-transformer and @nestjs/swagger, so that a limit is
 * written once. The checks run in the order given here.
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

/** The class-transformer group of conversions from text, which only queries, paths and forms need. */
export const TEXTS = 'texts';

/** Metadata key of every declared field: the DTO of a nested one, null for any other. */
export const NESTED = Symbol('nested');

/** The greatest integer of Postgres. */
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

/** An object of short texts. A null removes its name. */
export const TextMapField = ({ maxProperties, ...options }: { maxProperties: number } & Common) =>
  leaf({ ...options, ...textMapSchema(maxProperties, ['string', 'null']) }, [IsAnObject(), IsTextMap(maxProperties)]);

/** Any JSON object, stored as it was sent. */
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

/** The schema of a text map, in an answer without nulls. */
export const textMapSchema = (maxProperties: number, type: string | string[] = 'string') => ({
  type: 'object' as const,
  maxProperties,
  additionalProperties: { type, maxLength: MAP_TEXT_LENGTH },
});

/** The schema of a string, in a request or an answer. */
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

/** The checks also run on a missing property, unless it is optional. */
function field(
  { required = false, insteadOf, ...schema }: Common & Schema,
  nested: Dto | null,
  decorators: PropertyDecorator[],
): PropertyDecorator {
  const isRequired = (dto: Record<string, unknown>) => insteadOf !== undefined && dto[insteadOf] === undefined;
  const optional = schema.nullable
    ? IsOptional()
    : ValidateIf((dto: Record<string, unknown>, value) => value !== undefined || isRequired(dto));
  return applyDecorators(
    Reflect.metadata(NESTED, nested),
    ApiProperty({ required, ...schema }),
    ...(required ? [] : [optional]),
    ...given(insteadOf, IsInsteadOf),
    ...decorators,
  );
}

/** A type whose properties class-transformer does not read. */
@Exclude()
class Unread {}

/**
 * A field that keeps the value as it was sent. class-transformer would copy an object, and fails on one that has
 * `constructor` as the name of a property.
 */
const leaf = (schema: Common & Schema, checks: PropertyDecorator[], convert?: Conversion) =>
  // class-transformer applies the later of two transformations first.
  field(schema, null, [Type(() => Unread), ...given(convert, fromText), Transform(asSent), ...checks]);

type Conversion = (sent: unknown) => unknown;

const asSent = ({ obj, key }: { obj: Record<string, unknown>; key: string }) => obj[key];
const fromText = (convert: Conversion) => Transform(({ value }) => convert(value), { groups: [TEXTS] });

/** A text that cannot be converted stays, so that the refusal can quote it. */
const toBoolean: Conversion = (sent) => (sent === 'true' ? true : sent === 'false' ? false : sent);
const toNumber: Conversion = (sent) => (typeof sent === 'string' && /^-?\d+(\.\d+)?$/.test(sent) ? Number(sent) : sent);
const toList: Conversion = (sent) => (typeof sent === 'string' ? [sent] : sent);

import { ValidateBy, type ValidationArguments, type ValidationOptions } from 'class-validator';
import { FORMATS, type FormatName } from './formats.js';
import { isStorable } from './storable.js';
import { sizeProblem, textMapProblem } from './wording.js';

/** What class-validator has no decorator for. */

/** A text that Postgres can keep. */
export const IsStorable = (options?: ValidationOptions) => by('isStorable', isStorable, undefined, options);

export const IsFormat = (format: FormatName, options?: ValidationOptions) =>
  by('isFormat', FORMATS[format], format, options);

/** Texts or nulls, under names that can be stored. */
export const IsTextMap = (maxProperties: number) =>
  by('isTextMap', (map: object) => textMapProblem(map, maxProperties) === undefined, maxProperties);

export const MaxBytes = (bytes: number) =>
  by('maxBytes', (value: object) => sizeProblem(value, bytes) === undefined, bytes);

/** Of two fields only one may be sent. */
export const IsInsteadOf = (other: string) =>
  ValidateBy({
    name: 'isInsteadOf',
    constraints: [other],
    validator: {
      validate: (_, rule?: ValidationArguments) => (rule?.object as Record<string, unknown>)[other] === undefined,
    },
  });

const by = (name: string, validate: (value: never) => boolean, limit?: unknown, options?: ValidationOptions) =>
  ValidateBy({ name, constraints: [limit], validator: { validate: (value) => validate(value as never) } }, options);

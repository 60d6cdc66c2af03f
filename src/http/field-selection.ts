import { shortHash } from './entity-tag.js';
import { BooleanField, StringField } from './validation/fields.js';

export const FieldsField = () => StringField({ description: 'Names of fields, separated by commas' });
export const IncludeFieldsField = () =>
  BooleanField({ description: 'Whether the named fields are the ones to show (the default) or to leave out' });

/** A query without other parameters. */
export class SelectFieldsDto {
  @FieldsField() fields?: string;
  @IncludeFieldsField() include_fields?: boolean;
}

/** Which properties of an answer to show. */
export interface FieldSelection {
  readonly names: ReadonlySet<string>;
  readonly include: boolean;
}

/**
 * @param fields names separated by commas; undefined: all
 * @param include false: the named ones are left out
 */
export function selectionOf(fields: string | undefined, include = true): FieldSelection | undefined {
  return fields === undefined ? undefined : { names: new Set(fields.split(',').map((name) => name.trim())), include };
}

/** Names the selection in an entity tag; undefined: everything is shown. */
export function tagPartOf(selection: FieldSelection | undefined): string | undefined {
  return selection && shortHash(JSON.stringify([selection.include, ...[...selection.names].sort()]));
}

/** @param always the properties that are shown even when only others were asked for */
export function select<T extends object>(
  whole: T,
  selection: FieldSelection | undefined,
  always: readonly (keyof T & string)[] = [],
): Partial<T> {
  if (selection === undefined) return whole;
  const { names, include } = selection;
  const shown = (name: string) =>
    include ? names.has(name) || (always as readonly string[]).includes(name) : !names.has(name);
  return Object.fromEntries(Object.entries(whole).filter(([name]) => shown(name))) as Partial<T>;
}

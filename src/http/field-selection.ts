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

/** The properties of an answer to show. */
export interface FieldSelection {
  readonly names: ReadonlySet<string>;
  readonly include: boolean;
}

/**
 * Returns undefined when all properties are shown.
 *
 * @param fields names separated by commas
 * @param include whether to show the named properties or to leave them out
 */
export function selectionOf(fields: string | undefined, include = true): FieldSelection | undefined {
  return fields === undefined ? undefined : { names: new Set(fields.split(',').map((name) => name.trim())), include };
}

/** Returns the part of an entity tag that names the selection, or undefined when all properties are shown. */
export function tagPartOf(selection: FieldSelection | undefined): string | undefined {
  return selection && shortHash(JSON.stringify([selection.include, ...[...selection.names].sort()]));
}

/** @param always properties that are shown even when others are selected */
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

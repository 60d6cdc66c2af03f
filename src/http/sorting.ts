import { StringField } from './validation/fields.js';

/** `field:1` for ascending, `field:-1` for descending. */
export type Sort<Field extends string> = `${Field}:${1 | -1}`;

export interface Order<Field extends string> {
  readonly by: Field;
  readonly descending: boolean;
}

/** The query parameter that {@link orderOf} reads. */
export const SortField = (fields: readonly string[], { maxLength }: { maxLength?: number } = {}) =>
  StringField({
    maxLength,
    pattern: new RegExp(`^(${fields.join('|')}):-?1$`),
    description: 'A field and 1 for ascending or -1 for descending, e.g. created_at:1',
  });

/** By default, the oldest first. */
export function orderOf<Field extends string>(sort: Sort<Field | 'created_at'> = 'created_at:1') {
  const [by, direction] = sort.split(':') as [Field | 'created_at', '1' | '-1'];
  return { by, descending: direction === '-1' } satisfies Order<string>;
}

import { createHash } from 'node:crypto';
import { DomainError } from '../errors/domain-error.js';

/** The property of an answer that holds its entity tag; a symbol, because JSON leaves it out. */
const TAG = Symbol('entity tag');

interface Tagged {
  [TAG]?: string;
}

/** A row of a table with versions: each change sets a version that no row has had. */
export interface Versioned {
  readonly version: bigint;
}

/**
 * Gives the answer about one resource its entity tag (RFC 9110, section 8.8.3), which is sent as `ETag`.
 *
 * @param parts distinguish this representation from the usual one of the row, such as the selected fields; undefined ones
 *   are left out. A release that presents the row in another way must add one.
 */
export function tagged<Body extends object>(
  body: Body,
  { version }: Versioned,
  ...parts: readonly (string | undefined)[]
): Body {
  let opaque = String(version);
  for (const part of parts) if (part !== undefined) opaque += `-${part}`;
  (body as Tagged)[TAG] = opaque;
  return body;
}

/**
 * Gives the answer with all rows of a list the entity tag of their state: the greatest version and the number of rows. A
 * row that is added or changed gets a greater version than any before, and otherwise rows can only be removed.
 *
 * @param parts distinguish this representation from the usual one of the list
 */
export function taggedList<Body extends object>(
  body: Body,
  rows: readonly Versioned[],
  ...parts: readonly (string | undefined)[]
): Body {
  return tagged(body, { version: latestOf(rows) }, `of${rows.length}`, ...parts);
}

/** The state of a list in its tag. */
export const stateOf = (rows: readonly Versioned[]): string => `${latestOf(rows)}-of${rows.length}`;

const latestOf = (rows: readonly Versioned[]) =>
  rows.reduce((latest, { version }) => (version > latest ? version : latest), 1n);

/** Shortens a text to a part of a tag. */
export const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);

/** Returns the tag of an answer without quotes, or undefined when it has none. */
export function tagOf(body: unknown): string | undefined {
  return (body as Tagged | null | undefined)?.[TAG];
}

/** Returns the version of a row, or the state of a list, in a tag. Returns undefined for a tag that this service never sends. */
export function stateIn(opaque: string): string | undefined {
  // Eighteen digits always fit into a bigint of Postgres.
  return /^[1-9]\d{0,17}(-of\d+)?(?=-|$)/.exec(opaque)?.[0];
}

export interface EntityTag {
  readonly isWeak: boolean;
  /** Without quotes. */
  readonly opaque: string;
}

export type Tags = '*' | readonly EntityTag[];

/** An element of a list of tags, possibly empty, and the comma or the end of the text after it. */
const ELEMENT = /[ \t]*(?:(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*)?(?:,|$)/gy;

/** Parses the header. @throws DomainError when it does not follow RFC 9110, section 13.1 */
export function tagsIn(header: string | undefined, name: string): Tags | undefined {
  if (header === undefined) return undefined;
  if (header.trim() === '*') return '*';
  const elements = [...header.matchAll(ELEMENT)];
  const read = elements.reduce((length, [text]) => length + text.length, 0);
  if (read < header.length) {
    throw new DomainError(
      'header_invalid',
      `'Object didn't pass validation for format etags: ${header}' on property ${name}`,
    );
  }
  return elements.flatMap(([, weak, opaque]) => (opaque === undefined ? [] : { isWeak: weak !== undefined, opaque }));
}

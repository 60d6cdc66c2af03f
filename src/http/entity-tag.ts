import { createHash } from 'node:crypto';
import { DomainError } from '../errors/domain-error.js';

/** Where an answer carries its entity tag: a symbol, so that it is no part of the JSON. */
const TAG = Symbol('entity tag');

interface Tagged {
  [TAG]?: string;
}

/** A row of a table that keeps versions: each change gives it one that no row has had. */
export interface Versioned {
  readonly version: bigint;
}

/**
 * Gives the answer about one resource its entity tag (RFC 9110, section 8.8.3), which goes out as the header `ETag`.
 * `If-Match` reads the version in it, `If-None-Match` all of it.
 *
 * @param parts what tells this representation from the usual one of the same row, such as the fields that were asked
 *   for; undefined ones are left out. A release that shows the row otherwise has to add one.
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
 * Gives the answer with all rows of a list the entity tag of their state. No two states have the same: a row that comes
 * or changes has a version greater than any there was, and without one rows can only go.
 *
 * @param parts as above
 */
export function taggedList<Body extends object>(
  body: Body,
  rows: readonly Versioned[],
  ...parts: readonly (string | undefined)[]
): Body {
  return tagged(body, { version: latestOf(rows) }, `of${rows.length}`, ...parts);
}

/** What a tag says of a list with these rows. */
export const stateOf = (rows: readonly Versioned[]): string => `${latestOf(rows)}-of${rows.length}`;

/** Of no rows the version that rows begin with. */
const latestOf = (rows: readonly Versioned[]) =>
  rows.reduce((latest, { version }) => (version > latest ? version : latest), 1n);

/** For what is too long to be a part of a tag. */
export const shortHash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 8);

/** The tag of an answer, without its quotes. Undefined: it has none. */
export function tagOf(body: unknown): string | undefined {
  return (body as Tagged | null | undefined)?.[TAG];
}

/** The version in a tag, or the state of a list, whatever the representation. Undefined: none that there can be. */
export function stateIn(opaque: string): string | undefined {
  // Eighteen digits are less than the largest bigint of Postgres.
  return /^[1-9]\d{0,17}(-of\d+)?(?=-|$)/.exec(opaque)?.[0];
}

/** A tag that a client sends. */
export interface EntityTag {
  readonly isWeak: boolean;
  /** Without its quotes. */
  readonly opaque: string;
}

/** Any tag that there is, or one of these. */
export type Tags = '*' | readonly EntityTag[];

/** An element of a list of tags, which may be empty, with the comma behind it or the end. */
const ELEMENT = /[ \t]*(?:(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"[ \t]*)?(?:,|$)/gy;

/** @throws DomainError when the header is not what RFC 9110, section 13.1, has it be */
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

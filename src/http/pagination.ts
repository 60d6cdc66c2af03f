import { DomainError } from '../errors/domain-error.js';
import { BooleanField, IntegerField, StringField } from './validation/fields.js';
import { isStorable } from './validation/storable.js';

const DEFAULT_PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 100;

/** The `page` of a list with an upper limit, for a DTO that redeclares it. */
export const LimitedPageField = () => IntegerField({ minimum: 0, maximum: 1000 });

/** Offset paging: `page` counts from 0. */
export class OffsetPagingDto {
  @IntegerField({ minimum: 0 }) page?: number;
  @IntegerField({ minimum: 1, maximum: MAX_PAGE_SIZE }) per_page?: number;

  /** Whether to answer an object with `start`, `limit` and `total` instead of a bare list. */
  @BooleanField() include_totals?: boolean;
}

export class CheckpointPagingDto {
  @StringField({ description: 'The `next` of the page before' }) from?: string;
  @IntegerField({ minimum: 1, maximum: MAX_PAGE_SIZE }) take?: number;
}

/** Offset paging, or checkpoint paging when `take` or `from` is sent. */
export class PagingDto extends OffsetPagingDto {
  /** The `next` of the previous page. */
  @StringField() from?: string;
  @IntegerField({ minimum: 1, maximum: MAX_PAGE_SIZE }) take?: number;
}

export interface OffsetPage {
  readonly kind: 'offset';
  readonly offset: number;
  readonly limit: number;
  readonly includeTotals: boolean;
}

export interface CheckpointPage {
  readonly kind: 'checkpoint';
  /** The sort key of the last row of the previous page, undefined for the first page. */
  readonly after?: readonly string[];
  readonly limit: number;
}

export function offsetPage({
  page = 0,
  per_page = DEFAULT_PAGE_SIZE,
  include_totals = false,
}: OffsetPagingDto): OffsetPage {
  return { kind: 'offset', offset: page * per_page, limit: per_page, includeTotals: include_totals };
}

/** Reads the page of a list with checkpoint paging alone. */
export function checkpointOf({ from, take = DEFAULT_PAGE_SIZE }: CheckpointPagingDto): CheckpointPage {
  return { kind: 'checkpoint', limit: take, after: from === undefined ? undefined : decodeCheckpoint(from) };
}

/** Reads the page of a list with both pagings; `take` and `from` take precedence over `page`. */
export function pageOf(dto: PagingDto): OffsetPage | CheckpointPage {
  if (dto.take === undefined && dto.from === undefined) return offsetPage(dto);
  return checkpointOf(dto);
}

/** The rows of one page. `total` counts the rows of all pages; `next` is the sort key that the next page follows. */
export type Page<Row> =
  | { readonly kind: 'offset'; readonly rows: readonly Row[]; readonly total: number; readonly page: OffsetPage }
  | { readonly kind: 'checkpoint'; readonly rows: readonly Row[]; readonly next?: readonly string[] };

/**
 * Turns `limit + 1` fetched rows into a page. The extra row shows that there is a next page.
 *
 * @param keyOf returns the sort key of a row, which the request for the next page sends back
 */
export function checkpointPage<Row>(
  fetched: readonly Row[],
  { limit }: CheckpointPage,
  keyOf: (row: Row) => readonly string[],
): Page<Row> {
  const rows = fetched.slice(0, limit);
  const last = rows.at(-1);
  return { kind: 'checkpoint', rows, next: fetched.length > limit && last ? keyOf(last) : undefined };
}

/** The three shapes of a list on the wire. */
export function presentPage<Row, Wire, Name extends string>(page: Page<Row>, name: Name, present: (row: Row) => Wire) {
  const rows = page.rows.map(present);
  if (page.kind === 'checkpoint') {
    return page.next === undefined ? { [name]: rows } : { [name]: rows, next: encodeCheckpoint(page.next) };
  }
  if (!page.page.includeTotals) return rows;
  return { start: page.page.offset, limit: page.page.limit, total: page.total, [name]: rows };
}

function encodeCheckpoint(key: readonly string[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

function decodeCheckpoint(text: string): readonly string[] {
  try {
    const key: unknown = JSON.parse(Buffer.from(text, 'base64url').toString());
    if (Array.isArray(key) && key.every(isKeyPart)) return key;
  } catch {
    // Refused below.
  }
  throw invalidCheckpoint();
}

const isKeyPart = (part: unknown): part is string => typeof part === 'string' && isStorable(part);

/** Returns whether a text is a time as `toISOString` writes it. JavaScript also reads times that Postgres does not. */
export function isCheckpointTime(text: string): boolean {
  const time = new Date(text);
  return /^[12]\d{3}-/.test(text) && !Number.isNaN(time.getTime()) && time.toISOString() === text;
}

/** The error for a `from` that is not a checkpoint of this list. */
export function invalidCheckpoint(): DomainError {
  return new DomainError('query_invalid', "'Object didn't pass validation for format checkpoint' on property from");
}

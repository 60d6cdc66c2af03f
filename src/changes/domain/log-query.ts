const SEARCHABLE = [
  'client_id',
  'client_name',
  'date',
  'description',
  'hostname',
  'ip',
  'log_id',
  'type',
  'user_agent',
  'user_id',
] as const;

/** A condition on one field. An entry must match all terms of a search. */
export type LogTerm =
  | { readonly field: 'date'; readonly from?: Date; readonly to?: Date }
  | { readonly field: Exclude<(typeof SEARCHABLE)[number], 'date'>; readonly text: string; readonly isPrefix: boolean };

/** `field:value`, `field:"a text"`, `field:start*` or `date:[from TO to]`. */
const TERM = /^(\w+):(?:\[(\S+) TO (\S+)\]|"([^"\\]*)"|([^\s"()[\]{}*?~^]+)(\*?))$/;
const BETWEEN_TERMS = / +(?:AND +)?(?=\w+:)/;
const DAY_MS = 86_400_000;

/**
 * Parses a subset of Lucene's query language: terms, optionally separated by AND.
 *
 * @returns undefined for any other search, which is refused instead of ignored
 */
export function parseLogQuery(search: string): LogTerm[] | undefined {
  const terms = search.trim().split(BETWEEN_TERMS).map(termOf);
  return terms.every((term) => term !== undefined) ? terms : undefined;
}

function termOf(text: string): LogTerm | undefined {
  const [, name, start, end, quoted, bare, star] = TERM.exec(text) ?? [];
  const field = SEARCHABLE.find((one) => one === name);
  if (field === undefined) return undefined;
  if (field === 'date') return start === undefined ? dayOf(quoted ?? bare, star) : rangeOf(start, end!);
  const value = quoted ?? bare;
  return value === undefined ? undefined : { field, text: value, isPrefix: star === '*' };
}

/** A date without a time matches the whole day. */
function dayOf(text: string | undefined, star: string | undefined): LogTerm | undefined {
  if (text === undefined || star === '*') return undefined;
  const from = timeOf(text);
  if (from === undefined) return undefined;
  return { field: 'date', from, to: new Date(from.getTime() + (isDay(text) ? DAY_MS : 1)) };
}

function rangeOf(start: string, end: string): LogTerm | undefined {
  const from = start === '*' ? undefined : timeOf(start);
  const last = end === '*' ? undefined : timeOf(end);
  if ((start !== '*' && !from) || (end !== '*' && !last)) return undefined;
  return { field: 'date', from, to: last && new Date(last.getTime() + (isDay(end) ? DAY_MS : 1)) };
}

const isDay = (text: string) => /^\d{4}-\d\d-\d\d$/.test(text);

function timeOf(text: string): Date | undefined {
  if (!isDay(text) && !/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/.test(text)) return undefined;
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

import { isEmail, isRFC3339 } from 'class-validator';

const HOST_LABEL = '[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?';
const HOST_NAME = new RegExp(`^${HOST_LABEL}(\\.${HOST_LABEL})*$`, 'i');

/** A name that ends in a number is an IPv4 address, and no DNS name. */
const NUMERIC_END = /(^|\.)\d+$/;

/** A provider, `|` and an id of at most the length that a user can be created with. */
const USER_ID = /^[^|\s]{1,44}\|\S{1,255}$/;

/** Postgres has no year 0, and `toISOString` writes years after 9999 with a sign. The year of an invalid time is NaN. */
const isYearOfDatabase = (year: number) => year >= 1 && year <= 9999;

/** The named formats of string fields. Each returns whether a text has the format. */
export const FORMATS = {
  'organization-name': (text: string) => /^[a-z0-9][a-z0-9_-]*$/.test(text),
  'connection-id': (text: string) => /^con_[A-Za-z0-9]{16}$/.test(text),
  'html-color': (text: string) => /^#([0-9a-f]{3}|[0-9a-f]{6}|[0-9a-f]{8})$/i.test(text),
  'strict-https-uri-or-null': (text: string) => URL.canParse(text) && new URL(text).protocol === 'https:',
  'client-id': (text: string) => /^[A-Za-z0-9_-]{1,64}$/.test(text),
  // JSON Schema's format allows ASCII only.
  email: (text: string) => isEmail(text) && /^[\x21-\x7e]+$/.test(text),
  hostname: (text: string) => text.length <= 253 && HOST_NAME.test(text) && !NUMERIC_END.test(text),
  'date-time': (text: string) => isRFC3339(text) && isYearOfDatabase(new Date(text).getUTCFullYear()),
  'strict-uri': (text: string) => URL.canParse(text),
  'user-id-with-max-length': (text: string) => USER_ID.test(text),
  'connection-realm': (text: string) => text.length > 0 && text.length <= 255,
} as const;

export type FormatName = keyof typeof FORMATS;

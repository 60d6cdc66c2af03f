import type { Random } from './random.js';

/** Names that objects of JavaScript have, or that code gives a meaning to. */
export const NAMES: readonly string[] = [
  '__proto__', 'constructor', 'prototype', 'then', 'toString', 'toJSON', 'valueOf', 'hasOwnProperty', '__defineGetter__',
  'length', 'name', 'id', '$ref', '$where', '', ' ', '.', '..', '../..', '*', '%', '0', '-1', 'null', 'undefined', 'NaN',
  'constructor.prototype', '__proto__.polluted', 'a\u0000b', 'A', 'ÿ', '\u202e', '\ud800',
]; // prettier-ignore

export const TEXTS: readonly string[] = [
  ...NAMES,
  "' OR 1=1 --", '"; DROP TABLE organizations; --', '$1', '\\', '\\u0000', '%00', '%s%n', '{{7*7}}', '<script>', '${7*7}',
  '\u0000', '\u0001\u0002', '\ud83d', '\udc00\ud800', '😀', '👨‍👩‍👧‍👦', 'é', 'e\u0301', 'ﬁ', 'İ', 'ß', '\ufeff', '\u2028', '\u00ad', '\uffff',
  'a'.repeat(49), 'a'.repeat(50), 'a'.repeat(51), 'a'.repeat(256), 'ä'.repeat(5_000), '\n', '\r\nX-Injected: 1', '\t',
  '1e309', '0x10', '00', 'true', 'on', '2026-02-30', '9999-12-31T23:59:59.999Z', '+275760-09-13T00:00:00.000Z',
  'https://', 'https://a', 'http://[::1', 'javascript:alert(1)', 'file:///etc/passwd', '//a', 'a@b', '@', 'a@b.c', 'a@xn--a', 'xn--',
  'a.'.repeat(130), 'localhost', '*.example.com', 'example.com.', '-a.com', '#fff', '#gggggg', '2147483648', '9223372036854775808',
]; // prettier-ignore

const NUMBERS: readonly number[] = [
  0, -0, 1, -1, 0.1, 1e21, 1e-7, 1e308, -1e308, 2 ** 31, 2 ** 32, 2 ** 53, -(2 ** 53), 2 ** 63, 2 ** 64, 50, 51, 100, 101,
]; // prettier-ignore

/** Pieces of JSON that no serializer writes. */
const RAW_JSON: readonly string[] = [
  '1e999', '-1e999', '"\\ud800"', '"\\u0000"', '{"__proto__":{"a":1}}', '{"constructor":{"prototype":{"a":1}}}',
  '{"a":1,"a":2}', '[]', '{}', 'null', '123456789012345678901234567890', '0.1000000000000000055511151231257827021181583404541015625',
]; // prettier-ignore

/** Stands in a value where a raw piece of JSON is to go. */
const HOLE = '\u{f0000}hole:';

export function hostileText(random: Random): string {
  const text = random.of(TEXTS);
  return random.chance(0.1) ? text + random.of(TEXTS) : text;
}

/** Anything that JSON can say, and in what {@link toJson} makes of it more. */
export function hostileValue(random: Random, depth = 0): unknown {
  switch (random.below(depth > 3 ? 6 : 9)) {
    case 0:
      return null;
    case 1:
      return random.chance(0.5);
    case 2:
      return random.of(NUMBERS);
    case 3:
    case 4:
      return hostileText(random);
    case 5:
      return HOLE + random.below(RAW_JSON.length);
    case 6:
      return Array.from({ length: random.below(4) }, () => hostileValue(random, depth + 1));
    case 7:
      return Object.fromEntries(
        Array.from({ length: random.below(4) }, () => [random.of(NAMES), hostileValue(random, depth + 1)]),
      );
    default:
      return large(random);
  }
}

function large(random: Random): unknown {
  switch (random.below(40)) {
    case 0:
      return 'x'.repeat(random.of([1_000, 70_000, 300_000]));
    case 1:
      return Array.from({ length: random.of([11, 51, 1_001, 20_000]) }, (_, at) => at);
    case 2:
      return Object.fromEntries(Array.from({ length: random.of([11, 26, 2_000]) }, (_, at) => [`key${at}`, at]));
    case 3:
      return nested(random.of([3, 20, 63, 64, 65, 200]));
    default:
      return random.of([[[]], [{}], { a: {} }, [null]]);
  }
}

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level++) value = level % 2 ? [value] : { a: value };
  return value;
}

export const toJson = (value: unknown): string =>
  (JSON.stringify(value) ?? 'null').replaceAll(
    new RegExp(`"${HOLE}(\\d+)"`, 'gu'),
    (_, at: string) => RAW_JSON[Number(at)]!,
  );

/** As it goes where there is no JSON. */
export const toText = (value: unknown): string =>
  typeof value === 'string' && !value.startsWith(HOLE) ? value : toJson(value);

import type { FastifyInstance } from 'fastify';
import { parse as parseForm, type IParseOptions } from 'qs';
import { DomainError } from '../errors/domain-error.js';
import { FormBody } from './validation/text-input.js';

/** Deeper than any real body, and far from where recursive code or Postgres' own JSON parser would give up. */
const MAX_DEPTH = 64;
const MAX_FORM_DEPTH = 8;
const MAX_FORM_FIELDS = 1_000;

/** JSON and form bodies; every other type is 415. An empty body of either type is no body. */
export function registerBodyParsers(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  for (const type of ['application/json', /^application\/[\w.-]+\+json(?=;|$)/i]) {
    fastify.addContentTypeParser(type, { parseAs: 'string' }, (_request, text, done) => {
      try {
        done(null, parseJson(text as string));
      } catch (error) {
        done(error as Error);
      }
    });
  }
  fastify.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, text, done) => {
    try {
      done(null, parseFormBody(text as string));
    } catch (error) {
      done(error as Error);
    }
  });
}

function parseJson(text: string): unknown {
  // Some clients send the header with every request, also with one that has nothing to say.
  if (text === '') return undefined;
  if (isDeeperThan(MAX_DEPTH, text)) {
    throw new DomainError('body_invalid', `'Objects and arrays are nested deeper than ${MAX_DEPTH}'`);
  }
  try {
    // A name may be written with escapes.
    return JSON.parse(text, /__proto__|\\u/.test(text) ? refusePrototype : undefined);
  } catch {
    throw new DomainError('json_invalid');
  }
}

function parseFormBody(text: string): FormBody {
  const values = parseWithinLimits(text, {
    depth: MAX_FORM_DEPTH,
    strictDepth: true,
    parameterLimit: MAX_FORM_FIELDS,
    throwOnLimitExceeded: true,
    arrayLimit: MAX_FORM_FIELDS,
    plainObjects: true,
    decoder: (part, decode, charset, type) => {
      const decoded: unknown = decode(part, undefined, charset);
      if (type === 'key' && String(decoded).includes('__proto__')) {
        throw new DomainError('body_invalid', "'Additional properties not allowed: __proto__'");
      }
      return decoded;
    },
  });
  return new FormBody({ ...values });
}

function parseWithinLimits(text: string, options: IParseOptions): object {
  try {
    return parseForm(text, options);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const limits = `more than ${MAX_FORM_FIELDS} fields, or fields nested deeper than ${MAX_FORM_DEPTH}`;
    throw new DomainError('body_invalid', `'Form has ${limits}'`);
  }
}

/** An own property of this name becomes the prototype wherever the value is copied. */
function refusePrototype(key: string, value: unknown): unknown {
  if (key === '__proto__') throw new SyntaxError('__proto__ is not accepted as a property');
  return value;
}

/** Looks at the text, because a parsed value could only be walked by the recursion this protects from. */
function isDeeperThan(limit: number, text: string): boolean {
  if (text.length < 2 * limit) return false;
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (inString) {
      if (char === '\\') at++;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{' || char === '[') {
      if (++depth > limit) return true;
    } else if (char === '}' || char === ']') depth--;
  }
  return false;
}

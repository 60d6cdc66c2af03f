import formbody from '@fastify/formbody';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parse, type IParseOptions } from 'qs';
import { DomainError, inPlace } from '../errors/domain-error.js';

const JSON_LINES_TYPES = /^application\/(?:x-ndjson|jsonl)(?=;|$)/i;
const JSON_TYPES = /^application\/(?:[\w.-]+\+)?json(?=;|$)/i;
/** Deeper than any real body, and far below the limits of recursive code and of Postgres' JSON parser. */
const MAX_DEPTH = 64;
const MAX_FORM_DEPTH = 8;
const MAX_FORM_FIELDS = 1_000;

const FORM_OPTIONS: IParseOptions = {
  depth: MAX_FORM_DEPTH,
  strictDepth: true,
  parameterLimit: MAX_FORM_FIELDS,
  throwOnLimitExceeded: true,
  arrayLimit: MAX_FORM_FIELDS,
  plainObjects: true,
  // qs would ignore such a name.
  decoder: (part, decode, charset, type) => {
    const decoded: unknown = decode(part, undefined, charset);
    if (type === 'key' && String(decoded).includes('__proto__')) {
      throw new DomainError('body_invalid', "'Additional properties not allowed: __proto__'");
    }
    return decoded;
  },
};

/** The body of a form, whose values are all strings, also the nested ones. */
export class FormBody {
  [field: string]: unknown;

  constructor(fields: object) {
    Object.assign(this, fields);
  }
}

/** Parses JSON, forms, and JSON Lines as a list. Any other type is a 415. An empty body of any type counts as none. */
export async function registerBodyParsers(fastify: FastifyInstance): Promise<void> {
  fastify.removeAllContentTypeParsers();
  await fastify.register(formbody, { parser: parseForm });
  // Fastify's parser refuses empty bodies, has no limit to the depth, and words errors differently.
  const parseJson = fastify.getDefaultJsonParser('error', 'ignore');
  const parse = (request: FastifyRequest, text: string): unknown => {
    if (isDeeperThan(MAX_DEPTH, text)) throw tooDeep();
    let outcome: { error: Error | null; body?: unknown } | undefined;
    // Calls back before it returns.
    void parseJson(request, text, (error, body) => (outcome = { error, body }));
    if (outcome === undefined || outcome.error) throw new DomainError('json_invalid');
    return outcome.body;
  };
  const parser =
    (read: (request: FastifyRequest, text: string) => unknown) =>
    (request: FastifyRequest, text: string, done: (error: Error | null, body?: unknown) => void) => {
      // Some clients send the header with every request, also without a body.
      if (text === '') return done(null, undefined);
      let body: unknown;
      try {
        body = read(request, text);
      } catch (error) {
        return done(error as Error);
      }
      done(null, body);
    };
  fastify.addContentTypeParser(JSON_TYPES, { parseAs: 'string' }, parser(parse));
  const parseLines = (request: FastifyRequest, text: string) =>
    linesOf(text).map((line, at) => inPlace(`line ${at + 1}`, () => parse(request, line)));
  fastify.addContentTypeParser(JSON_LINES_TYPES, { parseAs: 'string' }, parser(parseLines));
}

/** The line break after the last line is optional. */
const linesOf = (text: string) => text.replace(/\n$/, '').split('\n');

const tooDeep = () => new DomainError('body_invalid', `'Objects and arrays are nested deeper than ${MAX_DEPTH}'`);

function parseForm(text: string): FormBody {
  try {
    return new FormBody(parse(text, FORM_OPTIONS));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const limits = `more than ${MAX_FORM_FIELDS} fields, or fields nested deeper than ${MAX_FORM_DEPTH}`;
    throw new DomainError('body_invalid', `'Form has ${limits}'`);
  }
}

/** Checks the text, because walking the parsed value would need the recursion that the limit protects from. */
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

import formbody from '@fastify/formbody';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { parse, type IParseOptions } from 'qs';
import { DomainError, inPlace } from '../errors/domain-error.js';

const JSON_LINES_TYPES = /^application\/(?:x-ndjson|jsonl)(?=;|$)/i;
const JSON_TYPES = /^application\/(?:[\w.-]+\+)?json(?=;|$)/i;
/** Deeper than any real body, and far from where recursive code or Postgres' own JSON parser would give up. */
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
  // qs would leave such a name out without a word.
  decoder: (part, decode, charset, type) => {
    const decoded: unknown = decode(part, undefined, charset);
    if (type === 'key' && String(decoded).includes('__proto__')) {
      throw new DomainError('body_invalid', "'Additional properties not allowed: __proto__'");
    }
    return decoded;
  },
};

/** The body of a request that came as a form: its fields are texts, and so are all of theirs. */
export class FormBody {
  [field: string]: unknown;

  constructor(fields: object) {
    Object.assign(this, fields);
  }
}

/** JSON and form bodies, and JSON Lines as a list; every other type is 415. An empty body of any type is no body. */
export async function registerBodyParsers(fastify: FastifyInstance): Promise<void> {
  fastify.removeAllContentTypeParsers();
  await fastify.register(formbody, { parser: parseForm });
  // Fastify's own parser, except that it reads no empty body, has no limit to the depth, and words errors differently.
  const parseJson = fastify.getDefaultJsonParser('error', 'ignore');
  const parse = (request: FastifyRequest, text: string): unknown => {
    if (isDeeperThan(MAX_DEPTH, text)) throw tooDeep();
    let outcome: { error: Error | null; body?: unknown } | undefined;
    // It calls back before it returns.
    void parseJson(request, text, (error, body) => (outcome = { error, body }));
    if (outcome === undefined || outcome.error) throw new DomainError('json_invalid');
    return outcome.body;
  };
  const parser =
    (read: (request: FastifyRequest, text: string) => unknown) =>
    (request: FastifyRequest, text: string, done: (error: Error | null, body?: unknown) => void) => {
      // Some clients send the header with every request, also with one that has nothing to say.
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

/** Each ends with a line break; the last may do without. */
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

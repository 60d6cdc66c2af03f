import { readFileSync } from 'node:fs';
import { connectionId, organizationId, userId } from '../../bench/seed.js';
import { paths } from '../../src/paths.js';
import { framed } from './framing.js';
import { hostileText, hostileValue, NAMES, toJson, toText } from './hostile.js';
import { Random } from './random.js';

type Schema = Readonly<Record<string, unknown>>;

interface Parameter {
  readonly $ref?: string;
  readonly name: string;
  readonly in: string;
  readonly schema: Schema;
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly body?: Schema;
  readonly isDocumented?: boolean;
}

/** What the requests are about. */
export interface World {
  readonly token: string;
  readonly organizations: number;
  readonly connections: number;
  readonly users: number;
}

/** Bytes for a connection, and what may be said of them. */
export interface FuzzRequest {
  readonly bytes: Buffer;
  readonly method: string;
  /** As it is in the request line. */
  readonly target: string;
  /** HTTP itself is broken: several answers may come, or none. Of another the answer is held against the document. */
  readonly isBroken: boolean;
  /** An operation of the document. */
  readonly isDocumented: boolean;
}

const document = JSON.parse(readFileSync(paths.openapi, 'utf8')) as {
  paths: Record<
    string,
    Record<string, { parameters?: Parameter[]; requestBody?: { content: Record<string, { schema: Schema }> } }>
  >;
};

/** Operations of the document, and unknown ones. */
const OPERATIONS: readonly Operation[] = [
  ...Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { parameters = [], requestBody }]) => ({
      isDocumented: true,
      method: method.toUpperCase(),
      path,
      parameters: parameters.map((parameter) => resolved(parameter)),
      body: requestBody?.content['application/json']?.schema,
    })),
  ),
  { method: 'POST', path: '/oauth/token', parameters: [], body: { type: 'object' } },
  ...['/health/live', '/health/ready', '/openapi.json', '/.well-known/jwks.json', '/api/v2/{id}', '/{id}'].map(
    (path) => ({
      method: 'GET',
      path,
      parameters: [],
    }),
  ),
];

const LETTERS = [...'abcdefghijklmnopqrstuvwxyz0123456789'];

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY'] as const;

const CONTENT_TYPES = [
  'application/x-www-form-urlencoded', 'application/x-ndjson', 'application/jsonl', 'text/plain', 'application/xml',
  'multipart/form-data; boundary=a', 'application/json; charset=utf-16', 'application/json; charset="', 'APPLICATION/JSON',
  'application/vnd.api+json', 'application/json,application/json', ';', 'a', 'application/', '\u00ff',
]; // prettier-ignore

const HEADERS: readonly (readonly [string, readonly string[]])[] = [
  ['Idempotency-Key', ['', '"a"', 'a', '"', 'a'.repeat(513), '"\u00ff"', '__proto__']],
  ['Vestibule-Dry-Run', ['true', 'true', 'false', 'TRUE', '1', '']],
  ['If-Match', ['*', '"1"', 'W/"1"', '"1', '1', '"1","2"', '"99999999999999999999"', '', ','.repeat(3_000)]],
  ['If-None-Match', ['*', '"1"', '"', '', '"a" "b"']],
  ['Accept', ['*/*', 'application/xml', 'a'.repeat(3_000)]],
  ['Accept-Encoding', ['gzip', 'identity;q=0, *;q=0']],
  ['Range', ['bytes=0-1']],
  ['X-Request-ID', ['a', '../..', 'a'.repeat(100)]],
  ['X-Forwarded-For', ['1.2.3.4', '::1', 'a, b, c']],
  ['X-Forwarded-Proto', ['https', 'a']],
  ['X-HTTP-Method-Override', ['DELETE']],
  ['Traceparent', ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', '00-a']],
  ['Auth0-Client', ['e30=', '{']],
  ['Cookie', ['a=b; __proto__=c']],
  ['Origin', ['null', 'https://evil.example']],
  ['X-Many', ['a'.repeat(1_000), 'a'.repeat(12_000), 'a'.repeat(20_000)]],
];

/** Request `number` of a seed, the same each time. */
export function requestOf(seed: number, number: number, world: World): FuzzRequest {
  const random = new Random(seed, number);
  const operation = random.of(OPERATIONS);
  const method = random.chance(0.03) ? random.of(METHODS) : operation.method;
  const target = targetOf(random, operation, world);
  const headers = headersOf(random, world);
  const body = operation.body === undefined && random.chance(0.95) ? undefined : bodyOf(random, operation.body, world);
  if (body) headers.push(['Content-Type', body.type]);
  const request = { method, target, headers, body: body?.bytes };
  const isDocumented = operation.isDocumented === true && method === operation.method;
  return { method, target, isDocumented, ...framed(random, request) };
}

function targetOf(random: Random, { path, parameters }: Operation, world: World): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    inPath(random, identifier(random, name, path, world)),
  );
  const query = parameters
    .filter((parameter) => parameter.in === 'query')
    .flatMap((parameter) => (random.chance(0.25) ? queryOf(random, parameter, world) : []));
  if (random.chance(0.05)) query.push(`${inQuery(random, random.of(NAMES))}=${inQuery(random, hostileText(random))}`);
  if (random.chance(0.02)) query.push(random.of(['&&&', '=', '%', 'a[b][c]=1', 'page[]=1', 'a=1;b=2', '%ff=%fe', '?']));
  return query.length > 0 ? `${filled}?${query.join('&')}` : filled;
}

function queryOf(random: Random, { name, schema }: Parameter, world: World): string[] {
  const value = () => {
    const plain = random.chance(0.6) ? fitting(random, resolved(schema), world) : hostileValue(random);
    return toText(plain);
  };
  // The names twice, too.
  return Array.from(
    { length: random.chance(0.05) ? 2 : 1 },
    () => `${name}=${inQuery(random, value()).slice(0, 3_000)}`,
  );
}

/** An identifier that is there, one that could be, or none at all. */
function identifier(random: Random, name: string, path: string, world: World): string {
  if (random.chance(0.12)) return hostileText(random);
  const [, root] = path.split(/\/(?:api\/v2\/)?/);
  const kind = name === 'id' ? root : name;
  if (kind === 'organizations' || kind === 'login') return organizationId(few(random, world.organizations));
  if (kind === 'connections' || /^connection_?id$/i.test(name)) return connectionId(few(random, world.connections));
  if (kind === 'users') return userId(few(random, world.users));
  if (kind === 'sequence') return String(random.below(2_000));
  if (kind === 'name') return `organization-${few(random, world.organizations)}`;
  if (kind === 'discovery_domain') return `domain-${random.below(50)}.example.com`;
  if (kind === 'discovery_domain_id') return `ord_${String(random.below(50)).padStart(22, '0')}`;
  return hostileText(random);
}

/** A few are asked for much, so that what one request makes another meets; the others keep the world from running empty. */
function few(random: Random, count: number): number {
  return random.chance(0.5) ? random.below(Math.min(40, count)) : random.below(count + 10);
}

/** Escaped as clients do, or not at all, or wrongly. */
function inPath(random: Random, text: string): string {
  const escaped = encoded(text);
  if (random.chance(0.97)) return escaped.slice(0, 4_000);
  return random.of([
    '%',
    '%zz',
    '%c0%af',
    '%2e%2e%2f',
    '%00',
    '%ff%fe',
    `${escaped}%`,
    `${escaped}/`,
    `${escaped};a=b`,
    '//',
    '.',
    '%2F',
  ]);
}

function inQuery(random: Random, text: string): string {
  return random.chance(0.98) ? encoded(text) : random.of(['%', '%e0%a4%a', '%ff', '+', '%00', '%u0041']);
}

/** Lone surrogates as the three bytes that are no UTF-8. */
const encoded = (text: string) =>
  [...text].map((char) => (/^[\ud800-\udfff]$/.test(char) ? '%ed%a0%80' : encodeURIComponent(char))).join('');

function headersOf(random: Random, { token }: World): [string, string][] {
  const headers: [string, string][] = [];
  if (random.chance(0.95)) headers.push(['Authorization', `Bearer ${token}`]);
  else {
    const wrong = ['', 'Bearer', 'Bearer ', `Basic ${token}`, `bearer  ${token}`, `Bearer ${token}a`, `Bearer a.b.c`];
    headers.push([
      'Authorization',
      random.of([...wrong, `Bearer ${token.split('.').slice(0, 2).join('.')}.`, 'Basic YTpi', 'Basic Og==']),
    ]);
  }
  for (const [name, values] of random.some(HEADERS, 0.04)) {
    headers.push([
      name,
      name === 'Idempotency-Key' && random.chance(0.5) ? `"key-${random.below(5_000)}"` : random.of(values),
    ]);
  }
  return headers;
}

function bodyOf(random: Random, schema: Schema | undefined, world: World): { type: string; bytes: Buffer } {
  const value = schema && random.chance(0.9) ? fitting(random, resolved(schema), world) : hostileValue(random);
  const isForm = random.chance(0.05);
  const type = isForm || random.chance(0.95) ? 'application/json' : random.of(CONTENT_TYPES);
  if (isForm) return { type: CONTENT_TYPES[0]!, bytes: Buffer.from(formOf(random, value)) };
  const text = /jsonl|ndjson/.test(type) && Array.isArray(value) ? value.map(toJson).join('\n') : toJson(value);
  return { type, bytes: random.chance(0.96) ? Buffer.from(text) : damaged(random, text) };
}

const formOf = (random: Random, value: unknown): string =>
  Object.entries(value ?? {})
    .slice(0, 1_100)
    .map(([name, content]) => {
      const text = toText(content);
      return `${encoded(name)}${random.chance(0.1) ? random.of(['[]', '[a]', '[__proto__]', '.b', '[', '[a][b][c][d][e][f][g][h][i][j]']) : ''}=${encoded(text)}`;
    })
    .join('&');

function damaged(random: Random, text: string): Buffer {
  const bytes = Buffer.from(text);
  const at = random.below(bytes.length + 1);
  switch (random.below(6)) {
    case 0:
      return bytes.subarray(0, at);
    case 1:
      return Buffer.concat([
        bytes.subarray(0, at),
        Buffer.from([random.of([0, 0xff, 0xc0, 0xed, 0x80, 0x22, 0x7b])]),
        bytes.subarray(at),
      ]);
    case 2:
      return Buffer.from(text, 'utf16le');
    case 3:
      return Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]);
    case 4:
      return Buffer.from(
        random.of(['', ' ', 'NaN', "{'a':1}", '{"a":1,}', '/**/{}', '{"a":', '[1,', '"', '\u0000', '{}{}']),
      );
    default:
      return Buffer.alloc(random.of([1, 1_000, 1_048_577]), random.of(['[', '{"a":', ' ', '\u0000', '9']));
  }
}

/** A value that fits the schema, but for a piece of it here and there. */
function fitting(random: Random, schema: Schema, world: World, depth = 0): unknown {
  if (random.chance(0.04) || depth > 6) return hostileValue(random, depth);
  const alternatives = (schema['oneOf'] ?? schema['anyOf']) as Schema[] | undefined;
  if (alternatives) return fitting(random, resolved(random.of(alternatives)), world, depth + 1);
  const all = schema['allOf'] as Schema[] | undefined;
  if (all) return Object.assign({}, ...all.map((part) => fitting(random, resolved(part), world, depth + 1))) as object;
  if (schema['enum']) return random.of(schema['enum'] as unknown[]);
  const type = [schema['type']].flat() as string[];
  switch (random.of(type)) {
    case 'object':
      return fittingObject(random, schema, world, depth);
    case 'array': {
      const length = random.of([0, 1, 1, 2, 3, Number(schema['maxItems'] ?? 5) + 1]);
      const items = resolved((schema['items'] ?? {}) as Schema);
      return Array.from({ length: Math.min(length, 60) }, () => fitting(random, items, world, depth + 1));
    }
    case 'integer':
    case 'number':
      return random.of([0, 1, 2, 10, Number(schema['minimum'] ?? 0), Number(schema['maximum'] ?? 50), 1_000]);
    case 'boolean':
      return random.chance(0.5);
    case 'null':
      return null;
    case 'string':
      return fittingText(random, schema, world);
    default:
      return hostileValue(random, depth);
  }
}

function fittingObject(random: Random, schema: Schema, world: World, depth: number): object {
  const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
  const required = new Set((schema['required'] ?? []) as string[]);
  const entries = Object.entries(properties)
    .filter(([name]) => random.chance(required.has(name) ? 0.97 : 0.35))
    .map(([name, property]): [string, unknown] => [name, propertyOf(random, name, resolved(property), world, depth)]);
  if (random.chance(0.04)) entries.push([random.of(NAMES), hostileValue(random, depth + 1)]);
  if (schema['additionalProperties'] && random.chance(0.5)) {
    for (let left = random.below(4); left > 0; left--) entries.push([hostileText(random), hostileText(random)]);
  }
  return Object.fromEntries(entries);
}

/** Names say more of what fits than their schema. */
function propertyOf(random: Random, name: string, schema: Schema, world: World, depth: number): unknown {
  if (random.chance(0.9) && [schema['type']].flat().includes('string') && schema['enum'] === undefined) {
    if (/^connection(_id)?$/.test(name)) return connectionId(few(random, world.connections));
    if (/^organization(_id)?$/.test(name)) return organizationId(few(random, world.organizations));
    if (/^user(_id)?$/.test(name)) return userId(few(random, world.users));
    if (name === 'domain') return `domain-${random.below(5_000)}.example.com`;
    if (name === 'email') return `user-${random.below(20_000)}@example.com`;
    if (name === 'name') return `name-${random.below(1_000_000)}`;
  }
  return fitting(random, schema, world, depth + 1);
}

function fittingText(random: Random, schema: Schema, world: World): string {
  switch (schema['format']) {
    case 'organization-id':
      return organizationId(few(random, world.organizations));
    case 'connection-id':
      return connectionId(few(random, world.connections));
    case 'user-id-with-max-length':
      return userId(few(random, world.users));
    case 'email':
      return `user-${random.below(20_000)}@example.com`;
    case 'hostname':
      return `domain-${random.below(5_000)}.example.com`;
    case 'date-time':
      return random.of([
        '2026-01-01T00:00:00Z',
        '2026-02-30T00:00:00Z',
        '9999-12-31T23:59:59Z',
        '0000-01-01T00:00:00Z',
      ]);
    case 'html-color':
      return '#0059d6';
    case 'strict-uri':
    case 'strict-https-uri-or-null':
      return 'https://example.com/logo.png';
    default:
      break;
  }
  if (random.chance(0.3)) return hostileText(random);
  const length = random.of([Number(schema['minLength'] ?? 1), 8, 20, Number(schema['maxLength'] ?? 30)]);
  return Array.from({ length: Math.min(length, 300) }, () => random.of(LETTERS)).join('');
}

function resolved<T extends object>(schema: T): T {
  const { $ref } = schema as { $ref?: string };
  if ($ref === undefined) return schema;
  return $ref
    .slice(2)
    .split('/')
    .reduce<unknown>((node, part) => (node as Record<string, unknown>)[part], document) as T;
}

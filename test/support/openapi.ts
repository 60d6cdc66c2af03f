import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { fullFormats } from 'ajv-formats/dist/formats.js';
import { FORMATS } from '../../src/http/validation/formats.js';
import { paths } from '../../src/paths.js';
import type { Answer } from './api.js';

interface Operation {
  responses: Record<
    string,
    { content?: Record<string, unknown>; headers?: { ETag?: { required?: boolean; schema: { pattern: string } } } }
  >;
}

interface Route {
  readonly method: string;
  /** As the document has it. */
  readonly path: string;
  /** The same without the prefix of the Management API. */
  readonly template: string;
  readonly pattern: RegExp;
  readonly operation: Operation;
}

const PREFIX = '/api/v2';
const DOCUMENT = 'openapi.json';

const document = JSON.parse(readFileSync(paths.openapi, 'utf8')) as {
  paths: Record<string, Record<string, Operation>>;
};
const routes = readRoutes();
const ajv = new Ajv2020({
  allErrors: true,
  allowUnionTypes: true,
  formats: {
    ...FORMATS,
    'organization-id': /^org_[A-Za-z0-9]{16}$/,
    'organization-discovery-domain-id': /^ord_[0-9A-Za-z]{22}$/,
    'date-time': fullFormats['date-time'],
  },
});
// The schemas are reached through the document, whose own keywords mean nothing to ajv.
ajv.addVocabulary(Object.keys(document));
ajv.addSchema(document, DOCUMENT);

/** Every operation that is no GET, by method and path without the prefix, sorted. */
export const documentedWrites = (): string[] =>
  routes
    .filter(({ method }) => method !== 'GET')
    .map(({ method, template }) => `${method} ${template}`)
    .sort();

/**
 * Fails when the answer is not one that the published document allows: another status, another content type, an entity
 * tag more or less, a body that does not fit the schema or has a property more.
 */
export function expectDocumented(method: string, path: string, answer: Answer): void {
  const route = findRoute(method, path);
  if (route === undefined && isUnknownPath(answer)) return;
  const problem = route === undefined ? 'is not in the document' : findProblem(route, answer);
  if (problem === undefined) return;
  const { status, body } = answer;
  throw new Error(`openapi.json: ${method} ${path} answered ${status}: ${problem}\n${JSON.stringify(body, null, 2)}`);
}

function findProblem(
  { method, path, template, operation }: Route,
  { status, body, headers }: Answer,
): string | undefined {
  const response = operation.responses[status];
  if (response === undefined) return `the status is not declared for ${method} ${template}`;
  const [tag, declared] = [headers.get('etag'), response.headers?.ETag];
  if (declared === undefined && tag !== null) return `the entity tag ${tag} is not declared`;
  if (declared?.required && tag === null) return 'the entity tag is missing';
  if (declared && tag !== null && !new RegExp(declared.schema.pattern).test(tag)) return `the entity tag is ${tag}`;
  if (response.content === undefined) return body === undefined ? undefined : 'a body is not declared';

  const [type = ''] = (headers.get('content-type') ?? '').split(';');
  if (!(type in response.content)) return `the content type "${type}" is not declared`;
  const validate = validatorFor([path, method.toLowerCase(), 'responses', String(status), 'content', type]);
  return validate(body) ? undefined : ajv.errorsText(validate.errors, { dataVar: 'body', separator: '\n' });
}

/** Compiled at the first use and kept by ajv. */
function validatorFor([path, ...rest]: [string, ...string[]]): ValidateFunction {
  const pointer = ['paths', path, ...rest, 'schema'].map(escapePart).join('/');
  const validate = ajv.getSchema(`${DOCUMENT}#/${pointer}`);
  if (validate === undefined) throw new Error(`openapi.json has no schema at ${pointer}`);
  return validate;
}

/** As JSON Pointer (RFC 6901) in a URI fragment wants it. */
const escapePart = (part: string) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));

/** Returns whether no route has the path, whose answer is then not in the document. */
function isUnknownPath({ status, body }: Answer): boolean {
  return status === 404 && (body as { message?: unknown } | undefined)?.message === 'Not Found';
}

function findRoute(method: string, path: string): Route | undefined {
  const [pathname = ''] = path.split('?');
  return routes.find((route) => route.method === method && route.pattern.test(pathname));
}

/** Paths with fewer parameters come first, as in the router. */
function readRoutes(): Route[] {
  const found = Object.entries(document.paths).flatMap(([path, operations]) => {
    const template = path.startsWith(PREFIX) ? path.slice(PREFIX.length) : path;
    const pattern = new RegExp(`^${template.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`);
    return Object.entries(operations).map(([method, operation]) => {
      return { method: method.toUpperCase(), path, template, pattern, operation };
    });
  });
  return found.sort((a, b) => countParameters(a) - countParameters(b));
}

function countParameters({ template }: Route): number {
  return template.split('{').length - 1;
}

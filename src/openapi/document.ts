import { STATUS_CODES } from 'node:http';
import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, getSchemaPath, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { JSON_LINES_TYPES } from '../http/openapi/bodies.js';
import { OPEN_DTOS } from '../http/validation/other-properties.js';
import { ErrorResponse } from '../http/openapi/responses.js';
import { DRY_RUN, IDEMPOTENCY_KEY, MAX_KEY_LENGTH, METHODS_WITH_KEY, REPLAYED } from '../safe-writes/write-options.js';
import { describeEntityTag } from './entity-tags.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';

/** A string, because OpenAPI 3.1 cannot describe the lines of a body. */
const JSON_LINES = { schema: { type: 'string', description: 'The items of the list, one a line' } };

/** The body parsers refuse a body that is too large or of another type. */
const REFUSED_BODY = [413, 415];

/** An idempotency key is in use, or was used for another request. */
const REFUSED_KEY = [409, 422];

const FLAG = { schema: { type: 'string', enum: ['true', 'false'] } };

const WRITE_PARAMETERS = {
  [DRY_RUN]: {
    name: DRY_RUN,
    in: 'header',
    description: 'true: nothing is written; the answer is what the request would be answered',
    ...FLAG,
  },
  [IDEMPOTENCY_KEY]: {
    name: IDEMPOTENCY_KEY,
    in: 'header',
    description: 'A request repeated with the same key within 24 hours writes nothing and gets the first answer again',
    // The quotes count, and every character between them may be escaped.
    schema: { type: 'string', minLength: 1, maxLength: 2 * MAX_KEY_LENGTH + 2 },
    example: '"8e03978e-40d5-43e8-bc93-6894a57f9324"',
  },
};

const WRITE_HEADERS = {
  [DRY_RUN]: { description: 'true: nothing was written', schema: { const: 'true' } },
  [REPLAYED]: {
    description: 'true: this is the answer of an earlier request with the same key',
    schema: { const: 'true' },
  },
};

/** Returns the OpenAPI 3.1 document of the Management API, made from its controllers and DTOs. */
export function describeApi(app: INestApplication, version: string): OpenAPIObject {
  const frame = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Vestibule')
    .setDescription(
      'Organization connections, compatible with the Auth0 Management API. ' +
        'The security requirements of an operation are alternatives. With a narrower scope it may reach or show less.',
    )
    .setVersion(version)
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .addServer('/')
    .addBearerAuth({ type: 'http', scheme: 'bearer', bearerFormat: 'JWT' }, 'bearer')
    .build();
  const document = SwaggerModule.createDocument(app, frame, {
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}.${method}`,
  });
  for (const [method, operation] of operationsOf(document)) {
    describeBody(operation);
    if (operation.responses[412]) describeEntityTag(method, operation);
    if (method !== 'get') describeWriteOptions(method, operation);
    describeStatuses(operation);
  }
  Object.assign(document.components!, { parameters: WRITE_PARAMETERS, headers: WRITE_HEADERS });
  openObjects(document);
  completeObjects(document);
  return document;
}

function operationsOf(document: OpenAPIObject): [method: string, operation: Operation][] {
  return Object.values(document.paths).flatMap((path) =>
    METHODS.flatMap((method): [string, Operation][] => (path[method] ? [[method, path[method]]] : [])),
  );
}

const refusal = () => ({
  description: '',
  content: { [JSON_TYPE]: { schema: { $ref: getSchemaPath(ErrorResponse) } } },
});

function describeBody(operation: Operation): void {
  const body = operation.requestBody;
  if (body === undefined || '$ref' in body) return;
  // A missing body counts as an empty object, so the body is required when the schema has required properties.
  delete body.required;
  const lines = JSON_LINES_TYPES.filter((type) => type in body.content).map((type) => [type, JSON_LINES] as const);
  const json = body.content[JSON_TYPE]!;
  body.content = { [JSON_TYPE]: json, [FORM_TYPE]: json, ...Object.fromEntries(lines) };
  for (const status of REFUSED_BODY) {
    operation.responses[status] = refusal();
  }
}

/** Adds the headers of every write, of the request and the answer. */
function describeWriteOptions(method: string, operation: Operation): void {
  const takesKey = METHODS_WITH_KEY.includes(method.toUpperCase());
  const [parameters, headers] = [WRITE_PARAMETERS, WRITE_HEADERS].map((all) =>
    Object.keys(all).filter((name) => takesKey || name === DRY_RUN),
  );
  (operation.parameters ??= []).push(...parameters!.map((name) => ({ $ref: `#/components/parameters/${name}` })));
  if (takesKey) for (const status of REFUSED_KEY) operation.responses[status] ??= refusal();
  for (const [status, response] of Object.entries(operation.responses)) {
    if (response === undefined || '$ref' in response || !status.startsWith('2')) continue;
    for (const name of headers!) (response.headers ??= {})[name] = { $ref: `#/components/headers/${name}` };
  }
}

function describeStatuses({ responses }: Operation): void {
  for (const [status, response] of Object.entries(responses)) {
    if (response !== undefined && 'description' in response) response.description ||= STATUS_CODES[status] ?? status;
  }
}

function openObjects({ components }: OpenAPIObject): void {
  for (const { name } of OPEN_DTOS) {
    const schema = components?.schemas?.[name];
    if (schema && !('$ref' in schema)) schema.additionalProperties = true;
  }
}

/** Objects have no properties besides the declared ones, unless their schema says otherwise. */
function completeObjects(node: unknown): void {
  if (typeof node !== 'object' || node === null) return;
  const schema = node as Record<string, unknown>;
  if (schema['type'] === 'object' && 'properties' in schema) schema['additionalProperties'] ??= false;
  // @nestjs/swagger writes a limited property of a class type as `allOf` beside the limit, without a type.
  if ('minProperties' in schema) schema['type'] ??= 'object';
  Object.values(schema).forEach(completeObjects);
}

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

/** A text, since OpenAPI 3.1 cannot describe its lines. */
const JSON_LINES = { schema: { type: 'string', description: 'The items of the list, one a line' } };

/** What the body parsers refuse: a body that is too large, or of another type. */
const REFUSED_BODY = [413, 415];

/** A key that is in use, or was used for another request. */
const REFUSED_KEY = [409, 422];

const FLAG = { schema: { type: 'string', enum: ['true', 'false'] } };

const CARE_PARAMETERS = {
  [DRY_RUN]: {
    name: DRY_RUN,
    in: 'header',
    description: 'true: the request is done whole and undone; nothing is written, the answer is as it would be',
    ...FLAG,
  },
  [IDEMPOTENCY_KEY]: {
    name: IDEMPOTENCY_KEY,
    in: 'header',
    description: 'Repeated within 24 hours with the same key, the request does nothing and is answered as before',
    // Longer by the quotes, and by what has to be escaped between them.
    schema: { type: 'string', minLength: 1, maxLength: 2 * MAX_KEY_LENGTH + 2 },
    example: '"8e03978e-40d5-43e8-bc93-6894a57f9324"',
  },
};

const CARE_HEADERS = {
  [DRY_RUN]: { description: 'true: nothing was written', schema: { const: 'true' } },
  [REPLAYED]: { description: 'true: the answer of an earlier request with the same key', schema: { const: 'true' } },
};

/** The OpenAPI 3.1 document of the Management API, from its controllers and DTOs. */
export function describeApi(app: INestApplication, version: string): OpenAPIObject {
  const frame = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Vestibule')
    .setDescription(
      'Organization connections, compatible with the Auth0 Management API. ' +
        'The security requirements of an operation are alternatives. A narrower one may reach or show less.',
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
    if (method !== 'get') describeCare(method, operation);
    describeStatuses(operation);
  }
  Object.assign(document.components!, { parameters: CARE_PARAMETERS, headers: CARE_HEADERS });
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
  // No body is read as an empty object, so the schema alone says whether one may be left out.
  delete body.required;
  const lines = JSON_LINES_TYPES.filter((type) => type in body.content).map((type) => [type, JSON_LINES] as const);
  const json = body.content[JSON_TYPE]!;
  body.content = { [JSON_TYPE]: json, [FORM_TYPE]: json, ...Object.fromEntries(lines) };
  for (const status of REFUSED_BODY) {
    operation.responses[status] = refusal();
  }
}

/** The headers of every write, each written once. */
function describeCare(method: string, operation: Operation): void {
  const takesKey = METHODS_WITH_KEY.includes(method.toUpperCase());
  const [parameters, headers] = [CARE_PARAMETERS, CARE_HEADERS].map((all) =>
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

/** An object has the properties that it declares and no others, unless its schema says otherwise. */
function completeObjects(node: unknown): void {
  if (typeof node !== 'object' || node === null) return;
  const schema = node as Record<string, unknown>;
  if (schema['type'] === 'object' && 'properties' in schema) schema['additionalProperties'] ??= false;
  // A property of a class with a limit of its own comes out as `allOf` beside the limit, without a type.
  if ('minProperties' in schema) schema['type'] ??= 'object';
  Object.values(schema).forEach(completeObjects);
}

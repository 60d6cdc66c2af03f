import type { OpenAPIObject } from '@nestjs/swagger';
import { HAS_ENTITY_TAG, type EntityTagMark } from '../http/openapi/entity-tag.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']>;

const header = (name: 'If-Match' | 'If-None-Match', description: string) =>
  ({ name, in: 'header', required: false, description, schema: { type: 'string' } }) as const;

const IF_MATCH = header(
  'If-Match',
  'Entity tags, or * for any: 412 unless the resource has the version of one of them. A weak tag matches nothing.',
);
const FOR_READING = header('If-None-Match', 'Entity tags, or * for any: 304 when the answer has one of them.');
const FOR_CHANGING = header('If-None-Match', 'Entity tags: 412 when the resource has the version of one of them.');
const FOR_CREATING = header('If-None-Match', 'With *, 412 and not 409 when there is one already.');

const ETAG = {
  description: 'The version of the resource, and which representation of it this is',
  schema: { type: 'string', pattern: '^"[1-9][0-9]*(-[0-9a-z_]+)*"$' },
} as const;

/** The mark of an operation that is about one resource with an entity tag; it is taken away. */
export function takeEntityTagMark(operation: object): EntityTagMark | undefined {
  const marked = operation as { [HAS_ENTITY_TAG]?: EntityTagMark };
  const mark = marked[HAS_ENTITY_TAG];
  delete marked[HAS_ENTITY_TAG];
  return mark;
}

/** The headers that such an operation takes and gives, and the statuses that come of them. */
export function describeEntityTag(
  method: string,
  operation: Operation,
  { ofWholeListOnly = false }: EntityTagMark,
  error: Operation['responses'][string],
): void {
  const { responses } = operation;
  const { 200: ok, 201: created } = responses;
  const parameters = created !== undefined ? [FOR_CREATING] : [IF_MATCH, method === 'get' ? FOR_READING : FOR_CHANGING];
  operation.parameters = [...(operation.parameters ?? []), ...parameters];
  responses[412] = error;
  if (method === 'get') responses[304] = { description: '', headers: { ETag: { ...ETAG, required: true } } };
  const tag = ofWholeListOnly
    ? { ...ETAG, description: `${ETAG.description}; of all rows alone` }
    : { ...ETAG, required: true };
  for (const shown of [ok, created]) if (shown && 'description' in shown) shown.headers = { ETag: tag };
}

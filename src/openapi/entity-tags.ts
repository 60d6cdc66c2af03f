import type { OpenAPIObject } from '@nestjs/swagger';

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

/** Adds the headers of an operation that can answer 412, and 304 when it reads. */
export function describeEntityTag(method: string, operation: Operation): void {
  const { responses } = operation;
  const { 200: ok, 201: created } = responses;
  const parameters = created !== undefined ? [FOR_CREATING] : [IF_MATCH, method === 'get' ? FOR_READING : FOR_CHANGING];
  operation.parameters = [...(operation.parameters ?? []), ...parameters];
  if (method === 'get') responses[304] = { description: '', headers: { ETag: { ...ETAG, required: true } } };
  for (const shown of [ok, created]) {
    if (shown === undefined || '$ref' in shown) continue;
    const isList = 'oneOf' in (shown.content?.['application/json']?.schema ?? {});
    const tag = isList ? { description: `${ETAG.description}; of all rows alone` } : { required: true };
    shown.headers = { ETag: { ...ETAG, ...tag } };
  }
}

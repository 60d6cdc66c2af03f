import { findDifferences } from '../../scripts/contract-check/compare.js';
import type { Document, Operation, Schema } from '../../scripts/contract-check/openapi.js';
import { review } from '../../scripts/contract-check/review.js';

const documentOf = (operation: Partial<Operation>, schemas: Record<string, Schema> = {}): Document => ({
  paths: { '/things': { get: { responses: {}, ...operation } } },
  components: { schemas },
});

const answering = (schema: Schema, schemas?: Record<string, Schema>) =>
  documentOf({ responses: { 200: { content: { 'application/json': { schema } } } } }, schemas);

const thing: Schema = { type: 'object', properties: { name: { type: 'string' } } };

describe('the comparison with the contract', () => {
  it.each<[what: string, contract: Document, ours: Document, difference: string]>([
    ['an operation that is not served', documentOf({}), { paths: {} }, 'GET /things: present → absent'],
    [
      'a scope',
      documentOf({ security: [{ a: [] }, { b: ['read:things', 'read:all'] }] }),
      documentOf({ security: [{ bearer: ['read:things'] }] }),
      'GET /things scopes: ["read:all","read:things"] → ["read:things"]',
    ],
    [
      'a status',
      documentOf({ responses: { 404: {} } }),
      documentOf({ responses: {} }),
      'GET /things 404: present → absent',
    ],
    [
      'a limit of a parameter',
      documentOf({ parameters: [{ in: 'query', name: 'page', schema: { type: 'integer', maximum: 9 } }] }),
      documentOf({ parameters: [{ in: 'query', name: 'page', schema: { type: 'integer' } }] }),
      'GET /things query page maximum: 9 → none',
    ],
    [
      'how a list parameter is repeated',
      documentOf({ parameters: [{ in: 'query', name: 'kind', style: 'form', explode: true }] }),
      documentOf({ parameters: [{ in: 'query', name: 'kind', explode: false }] }),
      'GET /things query kind style: "form, exploded" → "form"',
    ],
    [
      'a property that the contract does not have',
      answering(thing),
      answering({ ...thing, properties: { ...thing.properties, size: { type: 'integer' } } }),
      'GET /things 200.size: absent → present',
    ],
    [
      'a required property of a list item behind a reference',
      answering({ type: 'array', items: { $ref: '#/components/schemas/Thing' } }, { Thing: thing }),
      answering({ type: 'array', items: { ...thing, required: ['name'] } }),
      'GET /things 200[].name required: false → true',
    ],
    [
      'whether further properties are allowed',
      answering({ ...thing, additionalProperties: false }),
      answering(thing),
      'GET /things 200 additionalProperties: false → true',
    ],
  ])('finds %s', (_, contract, ours, difference) => {
    expect(findDifferences(contract, ours)).toEqual([difference]);
  });

  it('takes spellings of one schema as the same', () => {
    const schemas = { Thing: thing };
    const $ref = '#/components/schemas/Thing';
    expect(
      findDifferences(
        answering({ ...thing, type: ['object', 'null'], minProperties: 1 }),
        answering({ minProperties: 1, anyOf: [{ $ref }, { type: 'null' }] }, schemas),
      ),
    ).toEqual([]);
  });
});

describe('the list of intended differences', () => {
  const intended = [
    { because: 'it is so', differences: ['GET /a 200*: absent → present', 'GET /b: present → absent'] },
  ];

  it('covers what it names and reports what it does not', () => {
    expect(review(['GET /a 200.x: absent → present', 'GET /a 404: absent → present'], intended)).toEqual({
      unlisted: ['GET /a 404: absent → present'],
      outdated: ['GET /b: present → absent'],
    });
  });
});

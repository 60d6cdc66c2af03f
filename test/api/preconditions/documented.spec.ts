import { documentedOperations, RESOURCES, type DocumentedOperation } from './resources.js';

const operations = documentedOperations();
const headersOf = ({ parameters = [] }: DocumentedOperation) =>
  parameters.filter((parameter) => parameter.in === 'header').map(({ name }) => name);
/** What never changes has no update to lose, and what waits to be delivered is gone when it is. */
const WITHOUT_TAG = [
  '/logs/{id}',
  '/event-streams/{id}/deliveries/{event_id}',
  '/event-streams/{id}/redeliver/{event_id}',
];
const isSingle = ([path]: [string, unknown]) => path.endsWith('}') && !WITHOUT_TAG.includes(path);

describe('the published document', () => {
  it('has no single resource without a case in these tests, and no case is of another', () => {
    const single = Object.entries(operations).filter(isSingle);
    expect(RESOURCES.map(({ template }) => template).sort()).toEqual(single.map(([path]) => path).sort());
  });

  it.each(Object.entries(operations).filter(isSingle))('names what %s takes and answers', (_, methods) => {
    for (const [method, operation] of Object.entries(methods)) {
      expect(headersOf(operation)).toEqual(['If-Match', 'If-None-Match']);
      expect(Object.keys(operation.responses)).toContain('412');
      if (method === 'get') expect(operation.responses['304']?.headers).toHaveProperty('ETag');
      if (method !== 'delete') expect(operation.responses['200']?.headers).toHaveProperty('ETag');
    }
  });

  it('names what an operation takes and answers that makes a resource', () => {
    const making = Object.values(operations).flatMap(({ post }) => (post?.responses['201'] ? [post] : []));
    expect(making.length).toBeGreaterThan(0);
    for (const operation of making) {
      expect(headersOf(operation)).toEqual(['If-None-Match']);
      expect(Object.keys(operation.responses)).toContain('412');
      expect(operation.responses['201']?.headers).toHaveProperty('ETag');
    }
  });
});

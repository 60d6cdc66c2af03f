import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createOrganization, uniqueName } from '../../support/factories.js';
import { ask, tagOf } from './resources.js';

const HEADERS = ['If-Match', 'If-None-Match'] as const;

const app = useApp();

describe('A header that is no list of entity tags', () => {
  it.each(
    ['abc', '"a', 'a"', '"a" "b"', '"a b"', 'w/"a"', 'W/ "a"', 'W/*', '*, "a"', '"a", *', '* *', "'a'", '"a";'].flatMap(
      (value) => HEADERS.map((header) => [header, value] as const),
    ),
  )('is refused with 400, and nothing is done: %s: %s', async (header, value) => {
    const { id } = await createOrganization(app.api);
    const path = `/organizations/${id}`;
    const tag = tagOf(await app.api.get(path));
    const name = uniqueName('org');
    const detail = `'Object didn't pass validation for format etags: ${value}' on property ${header}`;
    const headers = { [header]: value };
    for (const [method, at, body] of [
      ['GET', path],
      ['PATCH', path, { display_name: 'Changed' }],
      ['DELETE', path],
      ['POST', '/organizations', { name }],
    ] as const) {
      expectAnswer(await ask(app.api, method, at, headers, body), refusals.invalidHeader(detail));
    }
    expect(tagOf(await app.api.get(path))).toBe(tag);
    expectAnswer(await app.api.get(`/organizations/name/${name}`), refusals.organizationNotFound);
  });

  it('is refused as the caller is before it is looked at', async () => {
    const { id } = await createOrganization(app.api);
    const path = `/organizations/${id}`;
    const bad = { 'if-match': 'abc' };
    expectAnswer(await ask(app.api.as(undefined), 'DELETE', path, bad), refusals.noToken);
    const token = await app.issuer.token({ scopes: ['read:organizations'] });
    const forbidden = refusals.insufficientScope('delete:organizations');
    expectAnswer(await ask(app.api.as(token), 'DELETE', path, bad), forbidden);
  });
});

describe('A list of entity tags', () => {
  it('is read as a whole when it comes in several headers', async () => {
    const { id } = await createOrganization(app.api);
    const path = `/organizations/${id}`;
    const tag = tagOf(await app.api.get(path));
    const several = new Headers([
      ['if-none-match', '"a"'],
      ['if-none-match', tag],
    ]);
    expectAnswer(await app.api.request('GET', path, { headers: several }), { status: 304 });
  });

  it.each<[what: string, value: string]>([
    ['commas in tags', '"a,b",","'],
    ['the signs that a tag can have', '"!#$%&()*+-./:;<=>?@[]^_`{|}~\u0080\u00ff"'],
    ['an empty tag', '""'],
    ['1,300 tags', '"123", '.repeat(1_300)],
    ['spaces', ' '.repeat(8_000)],
    ['commas', ','.repeat(8_000)],
  ])('may have %s', async (_, value) => {
    const { id } = await createOrganization(app.api);
    const path = `/organizations/${id}`;
    expect((await ask(app.api, 'GET', path, { 'if-none-match': value })).status).toBe(200);
    expectAnswer(await ask(app.api, 'DELETE', path, { 'if-match': value }), refusals.preconditionFailed);
    expect((await ask(app.api, 'DELETE', path, { 'if-none-match': value })).status).toBe(204);
  });
});

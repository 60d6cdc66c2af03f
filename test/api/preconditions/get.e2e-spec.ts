import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { ask, RESOURCES, tagOf, type Resource } from './resources.js';

const app = useApp();

describe.each(RESOURCES)('GET $template', ({ make, changes, absent }: Resource) => {
  const get = (path: string, headers: Record<string, string>) => ask(app.api, 'GET', path, headers);

  it('answers with a strong tag, the same until the resource is changed', async () => {
    const { path, changesAt } = await make(app.api);
    const tag = tagOf(await app.api.get(path));
    expect(tag).toMatch(/^"[^"]+"$/);
    expect(tagOf(await app.api.get(path))).toBe(tag);
    await app.api.patch(changesAt, changes[0]);
    expect(tagOf(await app.api.get(path))).not.toBe(tag);
  });

  it.each<[what: string, header: (tag: string) => string]>([
    ['its tag', (tag) => tag],
    ['its tag, made weak', (tag) => `W/${tag}`],
    ['a list that has it', (tag) => `"a,b" ,W/"c",, ${tag}\t,`],
    ['any tag', () => ' * '],
  ])('returns 304 without a body to who has %s', async (_, header) => {
    const { path } = await make(app.api);
    const tag = tagOf(await app.api.get(path));
    const answer = await get(path, { 'if-none-match': header(tag) });
    expectAnswer(answer, { status: 304, body: undefined });
    expect(tagOf(answer)).toBe(tag);
    expect(answer.headers.get('content-type')).toBeNull();
  });

  it.each<[what: string, header: (tag: string) => string]>([
    ['the tag of a version before', (tag) => tag],
    ['another tag', () => '"1-of-another", W/""'],
    ['the tag without its end', (tag) => tag.replace(/.(?="$)/, '')],
    ['no tag', () => ''],
  ])('returns all of it to who has %s', async (_, header) => {
    const { path, changesAt } = await make(app.api);
    const old = tagOf(await app.api.get(path));
    await app.api.patch(changesAt, changes[0]);
    const present = await app.api.get(path);
    const answer = await get(path, { 'if-none-match': header(old) });
    expectAnswer(answer, { status: 200, body: present.body });
    expect(tagOf(answer)).toBe(tagOf(present));
  });

  it('answers a HEAD as it would a GET, without the body', async () => {
    const { path } = await make(app.api);
    const tag = tagOf(await app.api.get(path));
    const head = async (headers: Record<string, string>) => {
      const authorization = `Bearer ${app.api.token}`;
      const url = `${app.api.origin}/api/v2${path}`;
      const answer = await fetch(url, { method: 'HEAD', headers: { authorization, ...headers } });
      return [answer.status, answer.headers.get('etag'), await answer.text()];
    };
    expect(await head({})).toEqual([200, tag, '']);
    expect(await head({ 'if-none-match': tag })).toEqual([304, tag, '']);
    expect(await head({ 'if-none-match': '"another"' })).toEqual([200, tag, '']);
    expect(await head({ 'if-match': '"1-of-another"' })).toEqual([412, null, '']);
  });

  it('returns 412 when If-Match names other versions alone, whatever If-None-Match says', async () => {
    const { path, changesAt } = await make(app.api);
    const old = tagOf(await app.api.get(path));
    await app.api.patch(changesAt, changes[0]);
    const { headers, body } = await app.api.get(path);
    const tag = headers.get('etag')!;
    for (const other of [old, `W/${tag}`, `"x", ${old}`, '']) {
      expectAnswer(await get(path, { 'if-match': other }), refusals.preconditionFailed);
      expectAnswer(await get(path, { 'if-match': other, 'if-none-match': tag }), refusals.preconditionFailed);
    }
    for (const present of [tag, `${old}, ${tag}`, '*']) {
      expectAnswer(await get(path, { 'if-match': present }), { status: 200, body });
      expectAnswer(await get(path, { 'if-match': present, 'if-none-match': tag }), { status: 304 });
    }
  });

  it('returns 404 when there is none, whatever is asked of it', async () => {
    const { path } = await make(app.api);
    const nowhere = path.replace(/[^/]+$/, absent);
    const { status, body } = await app.api.get(nowhere);
    expect(status).toBe(404);
    for (const value of ['*', '"1"']) {
      expectAnswer(await get(nowhere, { 'if-match': value }), { status, body });
      expectAnswer(await get(nowhere, { 'if-none-match': value }), { status, body });
    }
  });
});

describe('A list', () => {
  it('has no tag, and is sent whatever the client has', async () => {
    const answer = await ask(app.api, 'GET', '/connections', { 'if-none-match': '*' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('etag')).toBeNull();
  });
});

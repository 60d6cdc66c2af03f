import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import {
  createDiscoveryDomain,
  createEnabled,
  createOrganization,
  createUser,
  uniqueName,
} from '../../support/factories.js';
import { absentIn, ask, RESOURCES, tagOf, type Resource } from './resources.js';

const app = useApp();

describe.each(RESOURCES)('A change of $template', ({ make, changes, removal, absent, row }: Resource) => {
  const [first, second] = changes;
  const send = (method: string, path: string, headers: Record<string, string>, body?: object) =>
    ask(app.api, method, path, headers, body);

  /** One that was changed once, with the tags from before and after. */
  async function makeChanged() {
    const made = await make(app.api);
    const old = tagOf(await app.api.get(made.path));
    await app.api.patch(made.changesAt, first);
    const present = await app.api.get(made.path);
    return { ...made, old, tag: tagOf(present), look: { status: 200, body: present.body } };
  }

  it('is made when If-Match has the tag, and answers with the next one', async () => {
    const { path, changesAt, tag } = await makeChanged();
    const answer = await send('PATCH', changesAt, { 'if-match': tag }, second);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject(second);
    expect(tagOf(answer)).not.toBe(tag);
    expect(tagOf(await app.api.get(path))).toBe(tagOf(answer));
    expectAnswer(await send('PATCH', changesAt, { 'if-match': tag }, second), refusals.preconditionFailed);
    expect((await send('PATCH', changesAt, { 'if-match': tagOf(answer) }, first)).status).toBe(200);
  });

  it.each<[what: string, headers: (tags: { old: string; tag: string }) => Record<string, string>]>([
    ['any tag', () => ({ 'if-match': '*' })],
    ['a list that has it', ({ old, tag }) => ({ 'if-match': `"x,y" , ${old},,\t${tag}, W/"z"` })],
    [
      'the version in a tag of another representation',
      ({ tag }) => ({ 'if-match': tag.replace(/(-.*)?"$/, '-part"') }),
    ],
    ['not the tag of a version before, in If-None-Match', ({ old }) => ({ 'if-none-match': old })],
  ])('is made for %s', async (_, headers) => {
    const { changesAt, ...tags } = await makeChanged();
    const answer = await send('PATCH', changesAt, headers(tags), second);
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject(second);
  });

  it.each<[what: string, headers: (tags: { old: string; tag: string }) => Record<string, string>]>([
    ['the tag of a version before', ({ old }) => ({ 'if-match': old })],
    ['the present tag, made weak', ({ tag }) => ({ 'if-match': `W/${tag}` })],
    ['a list without it', ({ old, tag }) => ({ 'if-match': `${old}, W/${tag}, "x"` })],
    ['what is no tag of this service', ({ tag }) => ({ 'if-match': `"0${tag.slice(1)}, "${'9'.repeat(40)}"` })],
    ['no tag', () => ({ 'if-match': '' })],
    ['If-None-Match with the present tag', ({ tag }) => ({ 'if-none-match': `W/${tag}` })],
    ['If-None-Match with any tag', () => ({ 'if-none-match': '*' })],
    ['both, one of which does not hold', ({ tag }) => ({ 'if-match': tag, 'if-none-match': tag })],
  ])('is refused with 412 for %s, and changes nothing', async (_, headers) => {
    const { path, changesAt, tag, look, ...tags } = await makeChanged();
    const sent = headers({ tag, ...tags });
    expectAnswer(await send('PATCH', changesAt, sent, second), refusals.preconditionFailed);
    expectAnswer(await send('DELETE', changesAt, sent), refusals.preconditionFailed);
    const after = await app.api.get(path);
    expectAnswer(after, look);
    expect(tagOf(after)).toBe(tag);
  });

  it('removes it when If-Match has the tag', async () => {
    const { path, changesAt, tag } = await makeChanged();
    expect((await send('DELETE', changesAt, { 'if-match': `"x", ${tag}` })).status).toBe(removal[0]);
    expect((await app.api.get(path)).status).toBe(404);
  });

  it('returns what it would without If-Match where there is nothing to change, and 412 where that is no error', async () => {
    const made = await make(app.api);
    const nowhere = absentIn(made, { absent });
    const { status, body } = await app.api.patch(nowhere, first);
    expect(status).toBe(404);
    for (const value of ['*', '"1"']) {
      expectAnswer(await send('PATCH', nowhere, { 'if-match': value }, first), { status, body });
      const removed = await send('DELETE', nowhere, { 'if-match': value });
      expectAnswer(removed, removal[1] === 404 ? { status, body } : refusals.preconditionFailed);
      expect((await send('DELETE', nowhere, { 'if-none-match': value })).status).toBe(removal[1]);
    }
  });

  it('counts when it was made past the service, in SQL', async () => {
    const { path, changesAt, tag } = await makeChanged();
    const id = decodeURIComponent(changesAt.split('/').at(-1)!);
    await app.sql(`UPDATE ${row[0]} SET updated_at = now() WHERE ${row[1]} = $1`, [id]);
    expect(tagOf(await app.api.get(path))).not.toBe(tag);
    expectAnswer(await send('DELETE', changesAt, { 'if-match': tag }), refusals.preconditionFailed);
  });
});

describe.each(RESOURCES.filter(({ template }) => template !== '/connections/{id}'))(
  'A PATCH of $template without changes',
  ({ make, changes }: Resource) => {
    it('leaves the version as it is, and holds the preconditions against it all the same', async () => {
      const { path, changesAt } = await make(app.api);
      const old = tagOf(await app.api.get(path));
      await app.api.patch(changesAt, changes[0]);
      const { body, headers } = await app.api.get(path);
      const tag = headers.get('etag')!;
      for (const sent of [{}, { 'if-match': tag }] as Record<string, string>[]) {
        const answer = await ask(app.api, 'PATCH', changesAt, sent, {});
        expectAnswer(answer, { status: 200, body });
        expect(tagOf(answer)).toBe(tag);
      }
      expectAnswer(await ask(app.api, 'PATCH', changesAt, { 'if-match': old }, {}), refusals.preconditionFailed);
    });
  },
);

describe('A change that is refused for two reasons', () => {
  it('is refused for the precondition first: flags that the connection cannot have', async () => {
    const { path } = await createEnabled(app.api, 'okta');
    const old = tagOf(await app.api.get(path));
    const tag = tagOf(await app.api.patch(path, { assign_membership_on_login: true }));
    const change = { is_signup_enabled: true };
    expectAnswer(await ask(app.api, 'PATCH', path, { 'if-match': old }, change), refusals.preconditionFailed);
    expectAnswer(await ask(app.api, 'PATCH', path, { 'if-match': tag }, change), refusals.signupNotSupported);
  });

  it('is refused for the precondition first: a name that is taken', async () => {
    const [{ name }, { id }] = await Promise.all([createOrganization(app.api), createOrganization(app.api)]);
    const path = `/organizations/${id}`;
    const old = tagOf(await app.api.get(path));
    const tag = tagOf(await app.api.patch(path, { display_name: 'Changed' }));
    expectAnswer(await ask(app.api, 'PATCH', path, { 'if-match': old }, { name }), refusals.preconditionFailed);
    expectAnswer(await ask(app.api, 'PATCH', path, { 'if-match': tag }, { name }), refusals.organizationNameTaken);
  });

  it('is refused for its body or its caller before that', async () => {
    const { path } = await createEnabled(app.api, 'okta');
    const stale = { 'if-match': '"1"' };
    expect((await ask(app.api, 'PATCH', path, stale, { show_as_button: 'no' })).status).toBe(400);
    expectAnswer(await ask(app.api.as(undefined), 'PATCH', path, stale, {}), refusals.noToken);
    const token = await app.issuer.token({ scopes: ['read:organization_connections'] });
    expect((await ask(app.api.as(token), 'DELETE', path, stale)).status).toBe(403);
  });
});

describe('A resource that was removed and made again', () => {
  it.each<[what: string, make: () => Promise<{ path: string; makeAgain: () => Promise<unknown> }>]>([
    [
      'an organization connection',
      async () => {
        const { path, connection } = await createEnabled(app.api);
        const again = () => app.api.post(path.replace(/\/[^/]+$/, ''), { connection_id: connection.id });
        return { path, makeAgain: again };
      },
    ],
    [
      'a user',
      async () => {
        const fields = { user_id: uniqueName('id'), email: `${uniqueName('user')}@example.com` };
        const { user_id } = await createUser(app.api, fields);
        return { path: `/users/${user_id}`, makeAgain: () => createUser(app.api, fields) };
      },
    ],
  ])('has a tag that none before had: %s', async (_, make) => {
    const { path, makeAgain } = await make();
    const old = tagOf(await app.api.get(path));
    await app.api.delete(path);
    await makeAgain();
    const present = await app.api.get(path);
    expect(present.status).toBe(200);
    expect(tagOf(present)).not.toBe(old);
    expectAnswer(await ask(app.api, 'DELETE', path, { 'if-match': old }), refusals.preconditionFailed);
  });
});

describe('The verification of a discovery domain', () => {
  const published: string[] = [];
  const app = useApp({ lookUpTxt: () => Promise.resolve([published]) });

  it('is a change like others: 412 for a version before, whether the record is there or not', async () => {
    const { path, domain } = await createDiscoveryDomain(app.api);
    const old = tagOf(await app.api.get(path));
    const tag = tagOf(await app.api.patch(path, { use_for_organization_discovery: false }));
    const verify = (ifMatch: string) => ask(app.api, 'POST', `${path}/verify`, { 'if-match': ifMatch });

    expectAnswer(await verify(old), refusals.preconditionFailed);
    expect(tagOf(await verify(tag))).toBe(tag);
    published.push(domain.verification_txt);
    expectAnswer(await verify(old), refusals.preconditionFailed);
    const verified = await verify(tag);
    expect(verified.body).toMatchObject({ status: 'verified' });
    expect(tagOf(verified)).not.toBe(tag);
    expect(tagOf(await app.api.get(path))).toBe(tagOf(verified));
  });
});

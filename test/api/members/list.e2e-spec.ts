import { itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createMembers, createOrganization, createUser, type CreatedUser } from '../../support/factories.js';
import { gravatarOf } from '../../support/gravatar.js';

interface Checkpoint {
  members: { user_id: string }[];
  next?: string;
}

describe('GET /organizations/{id}/members', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'read:organization_members': 404 }, (api) => api.get('/organizations/org_1/members'));

  it.each([
    ['take=0', "'Value 0 is less than minimum 1' on property take"],
    ['take=101', "'Value 101 is greater than maximum 100' on property take"],
    ['per_page=0', "'Value 0 is less than minimum 1' on property per_page"],
    ['page=1001', "'Value 1001 is greater than maximum 1000' on property page"],
    ['from=made-up', "'Object didn't pass validation for format checkpoint' on property from"],
  ])('returns 400 for ?%s', async (query, detail) => {
    const { path } = await createMembers(app.api, 1);
    expectAnswer(await app.api.get(`${path}?${query}`), refusals.invalidQuery(detail));
  });

  it.each([
    [['2026-01-01T00:00:00.000Z']],
    [['soon', 'auth0|1']],
    [['2026-02-30T00:00:00.000Z', 'auth0|1']],
    [['2026-01-01T00:00:00.000Z', 'auth0|\u0000']],
  ])('returns 400 for a from that decodes to %j', async (key) => {
    const { path } = await createMembers(app.api, 1);
    const from = Buffer.from(JSON.stringify(key)).toString('base64url');
    expectAnswer(
      await app.api.get(`${path}?from=${from}`),
      refusals.invalidQuery("'Object didn't pass validation for format checkpoint' on property from"),
    );
  });

  it('returns 400 for an organization id that is too long', async () => {
    expectAnswer(
      await app.api.get(`/organizations/${'x'.repeat(51)}/members`),
      refusals.invalidPath("'String is too long (51 chars), maximum 50' on property id"),
    );
  });

  it.each(['', '?take=2', '?include_totals=true'])('returns 404 for an unknown organization (%s)', async (query) => {
    expectAnswer(
      await app.api.get(`/organizations/org_0000000000000000/members${query}`),
      refusals.organizationNotFound,
    );
  });

  it('shows of each member what the contract shows', async () => {
    const organization = await createOrganization(app.api);
    const user = await createUser(app.api, { picture: 'https://example.com/a.jpg', given_name: 'Ada' });
    const path = `/organizations/${organization.id}/members`;
    await app.api.post(path, { members: [user.user_id] });
    const shown = { user_id: user.user_id, email: user.email, name: user.name, picture: 'https://example.com/a.jpg' };
    expect((await app.api.get(path)).body).toEqual([shown]);
    expect((await app.api.get(`${path}?fields=user_id,email`)).body).toEqual([
      { user_id: user.user_id, email: user.email },
    ]);
    expect((await app.api.get(`${path}?fields=user_id,picture&include_fields=false`)).body).toEqual([
      { email: user.email, name: user.name },
    ]);
  });

  it('shows the Gravatar of the address of who set no picture', async () => {
    const { path, users } = await createMembers(app.api, 1);
    const [{ user_id, email, name }] = users as [CreatedUser];
    expect((await app.api.get(path)).body).toEqual([{ user_id, email, name, picture: gravatarOf(email) }]);
    expect((await app.api.get(`${path}?fields=picture`)).body).toEqual([{ picture: gravatarOf(email) }]);
  });

  it('gives who came first first, page by page with totals, and an empty page past the end', async () => {
    const { path, users } = await createMembers(app.api, 2);
    const late = await createUser(app.api);
    await app.api.post(path, { members: [late.user_id] });
    const ids = [...users, late].map(({ user_id }) => ({ user_id }));
    expect((await app.api.get(`${path}?fields=user_id`)).body).toEqual(ids);
    const page = (at: number) => app.api.get(`${path}?fields=user_id&per_page=2&page=${at}&include_totals=true`);
    expect((await page(0)).body).toEqual({ start: 0, limit: 2, total: 3, members: ids.slice(0, 2) });
    expect((await page(1)).body).toEqual({ start: 2, limit: 2, total: 3, members: ids.slice(2) });
    expect((await page(2)).body).toEqual({ start: 4, limit: 2, total: 3, members: [] });
  });

  it('gives a next with every page that has rows, also the last, and none with an empty one', async () => {
    const { path, users } = await createMembers(app.api, 3);
    const ids = users.map(({ user_id }) => ({ user_id }));
    const page = async (query: string) =>
      (await app.api.get<Checkpoint>(`${path}?fields=user_id&per_page=1&include_totals=true&take=2${query}`)).body;
    const first = await page('');
    expect(first).toEqual({ members: ids.slice(0, 2), next: expect.any(String) as string });
    const second = await page(`&from=${first.next}`);
    expect(second).toEqual({ members: ids.slice(2), next: expect.any(String) as string });
    expect(await page(`&from=${second.next}`)).toEqual({ members: [] });
  });

  it('goes on behind the checkpoint also when the member it names is gone', async () => {
    const { path, users } = await createMembers(app.api, 3);
    const { body } = await app.api.get<Checkpoint>(`${path}?take=2`);
    await app.api.delete(path, { members: [users[1]!.user_id] });
    const rest = await app.api.get<Checkpoint>(`${path}?take=2&from=${body.next}`);
    expect(rest.body.members).toMatchObject([{ user_id: users[2]!.user_id }]);
  });

  it('shows no member of another organization', async () => {
    await createMembers(app.api, 2);
    const other = await createOrganization(app.api);
    expect((await app.api.get(`/organizations/${other.id}/members`)).body).toEqual([]);
    expect((await app.api.get(`/organizations/${other.id}/members?take=5`)).body).toEqual({ members: [] });
  });
});

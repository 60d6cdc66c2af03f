import { itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createMembers, createOrganization, createUser } from '../../support/factories.js';

describe('POST /organizations/{id}/members', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'create:organization_members': 400 }, (api) => api.post('/organizations/org_1/members', {}));

  it.each([
    [{}, "'Missing required property: members'"],
    [{ members: [] }, "'Array is too short (0), minimum 1' on property members"],
    [{ members: 'auth0|1' }, "'Expected type array but found type string' on property members"],
    [{ members: [1] }, "'Expected type string but found type integer' on property members"],
    [
      { members: ['ada'] },
      "'Object didn't pass validation for format user-id-with-max-length: ada' on property members",
    ],
    [
      { members: Array.from({ length: 101 }, (_, at) => `auth0|${at}`) },
      "'Array is too long (101), maximum 100' on property members",
    ],
  ])('returns 400 for %.60j', async (body, detail) => {
    expectAnswer(await app.api.post('/organizations/org_1/members', body), refusals.invalidBody(detail));
  });

  it('returns 404 for an unknown organization, whether the user is known or not', async () => {
    const { user_id } = await createUser(app.api);
    for (const id of [user_id, 'auth0|unknown']) {
      expectAnswer(
        await app.api.post('/organizations/org_0000000000000000/members', { members: [id] }),
        refusals.organizationNotFound,
      );
    }
  });

  it('returns 404 for an unknown user and adds nobody', async () => {
    const organization = await createOrganization(app.api);
    const { user_id } = await createUser(app.api);
    const path = `/organizations/${organization.id}/members`;
    expectAnswer(await app.api.post(path, { members: [user_id, 'auth0|unknown'] }), refusals.userNotFound);
    expect((await app.api.get(path)).body).toEqual([]);
  });

  it('adds 100 at once', async () => {
    const { path } = await createMembers(app.api, 100);
    expect((await app.api.get(`${path}?include_totals=true&per_page=1`)).body).toMatchObject({ total: 100 });
  });

  it.each(['members', 'members[]'])('takes 100 from a form, each as %s', async (field) => {
    const { users } = await createMembers(app.api, 100);
    const { id } = await createOrganization(app.api);
    const body = new URLSearchParams(users.map(({ user_id }): [string, string] => [field, user_id]));
    expectAnswer(await app.api.request('POST', `/organizations/${id}/members`, { body }), { status: 204 });
    expect((await app.api.get(`/organizations/${id}/members?include_totals=true&per_page=1`)).body).toMatchObject({
      total: 100,
    });
  });

  it('adds once who is named twice or is a member already, and keeps their place', async () => {
    const { path, users } = await createMembers(app.api, 2);
    const late = await createUser(app.api);
    const members = [late.user_id, late.user_id, users[1]!.user_id];
    expectAnswer(await app.api.post(path, { members }), { status: 204 });
    expect((await app.api.get(`${path}?fields=user_id`)).body).toEqual(
      [...users, late].map(({ user_id }) => ({ user_id })),
    );
  });

  it('accepts other properties, as the contract does', async () => {
    const { path, users } = await createMembers(app.api, 1);
    expectAnswer(await app.api.post(path, { members: [users[0]!.user_id], roles: [] }), { status: 204 });
  });

  it('lets a user belong to several organizations', async () => {
    const { users } = await createMembers(app.api, 1);
    const other = await createOrganization(app.api);
    const path = `/organizations/${other.id}/members`;
    expectAnswer(await app.api.post(path, { members: [users[0]!.user_id] }), { status: 204 });
    expect((await app.api.get(path)).body).toMatchObject([{ user_id: users[0]!.user_id }]);
  });

  it('adds and removes the same users many times at once without an error', async () => {
    const { path, users } = await createMembers(app.api, 20);
    const ids = users.map(({ user_id }) => user_id);
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, at) => {
        const members = at % 2 === 0 ? ids : [...ids].reverse();
        return at % 4 < 2 ? app.api.post(path, { members }) : app.api.delete(path, { members });
      }),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([204]));
  });
});

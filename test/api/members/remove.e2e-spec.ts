import { itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createMembers } from '../../support/factories.js';

describe('DELETE /organizations/{id}/members', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'delete:organization_members': 400 }, (api) => api.delete('/organizations/org_1/members', {}));

  it('returns 400 without a body', async () => {
    expectAnswer(
      await app.api.delete('/organizations/org_1/members'),
      refusals.invalidBody("'Missing required property: members'"),
    );
  });

  it('returns 404 for an unknown organization', async () => {
    expectAnswer(
      await app.api.delete('/organizations/org_0000000000000000/members', { members: ['auth0|1'] }),
      refusals.organizationNotFound,
    );
  });

  it('removes those named; who is no member, or nobody, is passed over', async () => {
    const { path, users } = await createMembers(app.api, 3);
    const members = [users[0]!.user_id, users[2]!.user_id, 'auth0|unknown'];
    expectAnswer(await app.api.delete(path, { members }), { status: 204 });
    expectAnswer(await app.api.delete(path, { members }), { status: 204 });
    expect((await app.api.get(`${path}?fields=user_id`)).body).toEqual([{ user_id: users[1]!.user_id }]);
  });

  it('leaves the memberships of another organization and the users themselves', async () => {
    const [mine, theirs] = [await createMembers(app.api, 1), await createMembers(app.api, 1)];
    const { user_id } = theirs.users[0]!;
    expectAnswer(await app.api.delete(mine.path, { members: [user_id] }), { status: 204 });
    expect((await app.api.get(theirs.path)).body).toMatchObject([{ user_id }]);
    await app.api.delete(theirs.path, { members: [user_id] });
    expect(await app.api.get(`/users/${user_id}`)).toMatchObject({ status: 200 });
  });
});

import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createMembers } from '../../support/factories.js';

describe('DELETE /organizations/{id}/members', () => {
  const app = useApp();

  it('returns 401 without a token', async () => {
    expect(await app.api.as(undefined).delete('/organizations/org_1/members', {})).toMatchObject(refusals.noToken);
  });

  it('returns 403 without the scope', async () => {
    const token = await app.issuer.token({ scopes: ['create:organization_members'] });
    expect(await app.api.as(token).delete('/organizations/org_1/members', {})).toMatchObject(
      refusals.insufficientScope('delete:organization_members'),
    );
  });

  it('returns 400 without a body', async () => {
    expect(await app.api.delete('/organizations/org_1/members')).toMatchObject(
      refusals.invalidBody("'Missing required property: members'"),
    );
  });

  it('returns 404 for an unknown organization', async () => {
    expect(await app.api.delete('/organizations/org_0000000000000000/members', { members: ['auth0|1'] })).toMatchObject(
      refusals.organizationNotFound,
    );
  });

  it('removes those named; who is no member, or nobody, is passed over', async () => {
    const { path, users } = await createMembers(app.api, 3);
    const members = [users[0]!.user_id, users[2]!.user_id, 'auth0|unknown'];
    expect(await app.api.delete(path, { members })).toMatchObject({ status: 204, body: undefined });
    expect(await app.api.delete(path, { members })).toMatchObject({ status: 204, body: undefined });
    expect((await app.api.get(`${path}?fields=user_id`)).body).toEqual([{ user_id: users[1]!.user_id }]);
  });

  it('leaves the memberships of another organization and the users themselves', async () => {
    const [mine, theirs] = [await createMembers(app.api, 1), await createMembers(app.api, 1)];
    const { user_id } = theirs.users[0]!;
    expect(await app.api.delete(mine.path, { members: [user_id] })).toMatchObject({ status: 204 });
    expect((await app.api.get(theirs.path)).body).toMatchObject([{ user_id }]);
    await app.api.delete(theirs.path, { members: [user_id] });
    expect(await app.api.get(`/users/${user_id}`)).toMatchObject({ status: 200 });
  });
});

import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createConnection, createMembers, createUser } from '../../support/factories.js';

describe('DELETE /users/{id}', () => {
  const app = useApp();

  it('returns 401 without a token', async () => {
    expect(await app.api.as(undefined).delete('/users/auth0|1')).toMatchObject(refusals.noToken);
  });

  it('returns 403 without the scope', async () => {
    const token = await app.issuer.token({ scopes: ['read:users'] });
    expect(await app.api.as(token).delete('/users/auth0|1')).toMatchObject(refusals.insufficientScope('delete:users'));
  });

  it('returns 204 also for a user who is not there', async () => {
    expect(await app.api.delete('/users/auth0|1')).toMatchObject({ status: 204, body: undefined });
  });

  it('removes the user and every membership, and nobody else', async () => {
    const { users, path } = await createMembers(app.api, 2);
    const [first, second] = [users[0]!, users[1]!];
    expect(await app.api.delete(`/users/${encodeURIComponent(first.user_id)}`)).toMatchObject({ status: 204 });
    expect(await app.api.get(`/users/${first.user_id}`)).toMatchObject(refusals.userNotFound);
    expect((await app.api.get(path)).body).toMatchObject([{ user_id: second.user_id }]);
  });
});

describe('DELETE /connections/{id}', () => {
  const app = useApp();

  it("takes the connection's users and their memberships along", async () => {
    const connection = await createConnection(app.api, 'okta');
    const user = await createUser(app.api, { connection: connection.name });
    const { path, users } = await createMembers(app.api, 1);
    await app.api.post(path, { members: [user.user_id] });
    expect(await app.api.delete(`/connections/${connection.id}`)).toMatchObject({ status: 202 });
    expect(await app.api.get(`/users/${user.user_id}`)).toMatchObject(refusals.userNotFound);
    expect((await app.api.get(path)).body).toMatchObject([{ user_id: users[0]?.user_id }]);
  });
});

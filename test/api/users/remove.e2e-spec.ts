import { itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createConnection, createMembers, createUser } from '../../support/factories.js';

describe('DELETE /users/{id}', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'delete:users': 204 }, (api) => api.delete('/users/auth0|1'));

  it('returns 204 also for a user that does not exist', async () => {
    expectAnswer(await app.api.delete('/users/auth0|1'), { status: 204 });
  });

  it('removes the user and every membership, and no other user', async () => {
    const { users, path } = await createMembers(app.api, 2);
    const [first, second] = [users[0]!, users[1]!];
    expectAnswer(await app.api.delete(`/users/${encodeURIComponent(first.user_id)}`), { status: 204 });
    expectAnswer(await app.api.get(`/users/${first.user_id}`), refusals.userNotFound);
    expect((await app.api.get(path)).body).toMatchObject([{ user_id: second.user_id }]);
  });
});

describe('DELETE /connections/{id}', () => {
  const app = useApp();

  it("removes the connection's users and their memberships", async () => {
    const connection = await createConnection(app.api, 'okta');
    const user = await createUser(app.api, { connection: connection.name });
    const { path, users } = await createMembers(app.api, 1);
    await app.api.post(path, { members: [user.user_id] });
    expect(await app.api.delete(`/connections/${connection.id}`)).toMatchObject({ status: 202 });
    expectAnswer(await app.api.get(`/users/${user.user_id}`), refusals.userNotFound);
    expect((await app.api.get(path)).body).toMatchObject([{ user_id: users[0]?.user_id }]);
  });
});

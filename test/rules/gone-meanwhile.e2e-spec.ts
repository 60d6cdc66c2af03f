import { useApp } from '../support/app.js';
import { createConnection, createMembers, createUser } from '../support/factories.js';

/** What a row belongs to may be deleted after the row has been read. */
describe('A list that is read while what its rows belong to is deleted', () => {
  const app = useApp();

  it('of users is answered with those that are there', async () => {
    const statuses = new Set<number>();
    for (let round = 0; round < 60; round++) {
      const { id, name } = await createConnection(app.api, 'auth0');
      await createUser(app.api, { connection: name });
      let isGone = false;
      const reading = Array.from({ length: 4 }, async () => {
        while (!isGone) statuses.add((await app.api.get('/users?per_page=100')).status);
      });
      await app.api.delete(`/connections/${id}`);
      isGone = true;
      await Promise.all(reading);
    }
    expect([...statuses]).toEqual([200]);
  });

  it('of a user’s organizations too', async () => {
    const statuses = new Set<number>();
    for (let round = 0; round < 60; round++) {
      const { organization, users } = await createMembers(app.api, 1);
      const path = `/users/${encodeURIComponent(users[0]!.user_id)}/organizations`;
      let isGone = false;
      const reading = Array.from({ length: 4 }, async () => {
        while (!isGone) statuses.add((await app.api.get(path)).status);
      });
      await app.api.delete(`/organizations/${organization.id}`);
      isGone = true;
      await Promise.all(reading);
    }
    expect([...statuses]).toEqual([200]);
  });
});

import { itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import {
  createConnection,
  createMembers,
  createOrganization,
  createUser,
  DEFAULT_CONNECTION,
} from '../../support/factories.js';

interface WithTotals {
  start: number;
  limit: number;
  total: number;
  length: number;
  users: { user_id: string }[];
}

describe('GET /users', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'read:users': 200, 'read:user_idp_tokens': 200 }, (api) => api.get('/users'));

  it.each([
    ['per_page=101', "'Value 101 is greater than maximum 100' on property per_page"],
    ['page=-1', "'Value -1 is less than minimum 0' on property page"],
    ['search_engine=v4', "'No enum match for: v4' on property search_engine"],
    ['take=5', "'Additional properties not allowed: take'"],
  ])('returns 400 for ?%s', async (query, detail) => {
    expectAnswer(await app.api.get(`/users?${query}`), refusals.invalidQuery(detail));
  });

  it.each(['name:ada', 'email:ada*', 'email:"ada@example.com" OR name:ada'])(
    'returns 400 for the search %s, which it does not understand, instead of a wrong list',
    async (search) => {
      const answer = await app.api.get<{ message: string }>(`/users?q=${encodeURIComponent(search)}`);
      expect(answer.status).toBe(400);
      expect(answer.body.message).toMatch(
        /^Query validation error: 'String does not match pattern .*' on property q\.$/,
      );
    },
  );

  it.each(['email=ada@example.com', `q=${encodeURIComponent('email:"ada@example.com"')}`, 'sort=email:1', 'sort='])(
    'returns 403 for ?%s with read:user_idp_tokens alone, which shows no address',
    async (query) => {
      const narrow = app.api.as(await app.issuer.token({ scopes: ['read:user_idp_tokens'] }));
      expectAnswer(await narrow.get(`/users?${query}`), refusals.insufficientScope('read:users'));
    },
  );

  it('shows the ids and the identities, and nothing else, with read:user_idp_tokens alone', async () => {
    const connection = await createConnection(app.api);
    const { user_id } = await createUser(app.api, { connection: connection.name });
    const narrow = app.api.as(await app.issuer.token({ scopes: ['read:user_idp_tokens'] }));
    const identity = {
      connection: connection.name,
      user_id: user_id.split('|')[1],
      provider: 'auth0',
      isSocial: false,
    };
    const users = [{ user_id, identities: [identity] }];
    const path = `/users?connection=${connection.name}`;
    expectAnswer(await narrow.get(path), { status: 200, body: users });
    expectAnswer(await narrow.get(`${path}&include_totals=true`), {
      status: 200,
      body: { start: 0, limit: 50, total: 1, length: 1, users },
    });
  });

  it('gives the users oldest first, page by page, and an empty page past the end', async () => {
    const connection = await createConnection(app.api);
    const ids: string[] = [];
    for (let made = 0; made < 3; made++) ids.push((await createUser(app.api, { connection: connection.name })).user_id);
    const idsOf = async (query: string) =>
      (await app.api.get<{ user_id: string }[]>(`/users?connection=${connection.name}&${query}`)).body.map(
        ({ user_id }) => user_id,
      );
    expect(await idsOf('per_page=2')).toEqual(ids.slice(0, 2));
    expect(await idsOf('per_page=2&page=1')).toEqual(ids.slice(2));
    expect(await idsOf('per_page=2&page=2')).toEqual([]);
    expect(await idsOf('sort=created_at:-1')).toEqual([...ids].reverse());
  });

  it('counts the users of all pages with include_totals', async () => {
    const connection = await createConnection(app.api);
    const first = await createUser(app.api, { connection: connection.name });
    await createUser(app.api, { connection: connection.name });
    const { body } = await app.api.get<WithTotals>(
      `/users?connection=${connection.name}&per_page=1&include_totals=true`,
    );
    const { body: whole } = await app.api.get(`/users/${first.user_id}`);
    expect(body).toEqual({ start: 0, limit: 1, total: 2, length: 1, users: [whole] });
  });

  it('finds users by address, whatever its case, both by email and by the search the SDKs send', async () => {
    const user = await createUser(app.api, { email: 'Grace.Hopper@Example.com' });
    const expected = [(await app.api.get(`/users/${user.user_id}`)).body];
    const queries = [
      'email=grace.hopper@EXAMPLE.com',
      'q=email:%22grace.hopper@example.com%22',
      'q=email:grace.hopper@example.com',
    ];
    for (const query of queries) expect((await app.api.get(`/users?${query}`)).body).toEqual(expected);
    expect((await app.api.get('/users?email=nobody@example.com')).body).toEqual([]);
  });

  it('returns only the selected fields, or all others', async () => {
    const { user_id, email } = await createUser(app.api);
    const path = `/users?email=${email}`;
    expect((await app.api.get(`${path}&fields=user_id,email`)).body).toEqual([{ user_id, email }]);
    const [rest] = (await app.api.get<object[]>(`${path}&fields=user_id,email&include_fields=false`)).body;
    expect(rest).not.toHaveProperty('user_id');
    expect(rest).toHaveProperty('identities');
  });
});

describe('GET /users/{id}/organizations', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'read:organizations': 404 }, (api) => api.get('/users/auth0|1/organizations'));

  it('returns 400 for a page beyond 1000', async () => {
    expectAnswer(
      await app.api.get('/users/auth0|1/organizations?page=1001'),
      refusals.invalidQuery("'Value 1001 is greater than maximum 1000' on property page"),
    );
  });

  it('returns 404 for an unknown user', async () => {
    expectAnswer(await app.api.get('/users/auth0|unknown/organizations'), refusals.userNotFound);
  });

  it('gives the organizations the user belongs to and no other', async () => {
    const { organization, users } = await createMembers(app.api, 1);
    const { user_id } = users[0]!;
    await createOrganization(app.api);
    const path = `/users/${encodeURIComponent(user_id)}/organizations`;
    const row = (await app.api.get(`/organizations/${organization.id}`)).body;
    expect((await app.api.get(path)).body).toEqual([row]);
    expect((await app.api.get(`${path}?include_totals=true&per_page=1`)).body).toEqual({
      start: 0,
      limit: 1,
      total: 1,
      organizations: [row],
    });
    expect((await app.api.get(`${path}?page=1`)).body).toEqual([]);
  });

  it('gives none to a user who belongs to none', async () => {
    const { user_id } = await createUser(app.api, { connection: DEFAULT_CONNECTION });
    expect((await app.api.get(`/users/${user_id}/organizations`)).body).toEqual([]);
  });
});

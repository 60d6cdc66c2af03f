import { itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createUser } from '../../support/factories.js';
import { gravatarOf } from '../../support/gravatar.js';

describe('GET /users/{id}', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'read:users': 404, 'read:user_idp_tokens': 404 }, (api) => api.get('/users/auth0|1'));

  it('returns 400 for an unknown query', async () => {
    expectAnswer(
      await app.api.get('/users/auth0|1?page=1'),
      refusals.invalidQuery("'Additional properties not allowed: page'"),
    );
  });

  it('returns 404 for an unknown user', async () => {
    expectAnswer(await app.api.get('/users/auth0|1'), refusals.userNotFound);
  });

  it('returns the user, or the selected fields', async () => {
    const user = await createUser(app.api);
    const path = `/users/${encodeURIComponent(user.user_id)}`;
    expect(await app.api.get(path)).toMatchObject({ status: 200, body: user });
    expect((await app.api.get(`${path}?fields=name`)).body).toEqual({ name: user.name });
    expect((await app.api.get(`${path}?fields=picture`)).body).toEqual({ picture: gravatarOf(user.email) });
  });

  it('shows the id and the identities, and nothing else, with read:user_idp_tokens alone', async () => {
    const user = await createUser(app.api);
    const path = `/users/${encodeURIComponent(user.user_id)}`;
    const narrow = app.api.as(await app.issuer.token({ scopes: ['read:user_idp_tokens'] }));
    const { identities } = (await app.api.get<{ identities: object[] }>(path)).body;
    expectAnswer(await narrow.get(path), { status: 200, body: { user_id: user.user_id, identities } });
    expectAnswer(await narrow.get(`${path}?fields=email,user_id`), { status: 200, body: { user_id: user.user_id } });
    expectAnswer(await narrow.get(`${path}?fields=user_id&include_fields=false`), {
      status: 200,
      body: { identities },
    });
  });
});

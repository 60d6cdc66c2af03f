import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createUser } from '../../support/factories.js';

describe('GET /users/{id}', () => {
  const app = useApp();

  it('returns 401 without a token', async () => {
    expect(await app.api.as(undefined).get('/users/auth0|1')).toMatchObject(refusals.noToken);
  });

  it('returns 403 without one of the scopes', async () => {
    const token = await app.issuer.token({ scopes: ['update:users'] });
    expect(await app.api.as(token).get('/users/auth0|1')).toMatchObject(
      refusals.insufficientScope('read:users', 'read:user_idp_tokens'),
    );
  });

  it('returns 400 for an unknown query', async () => {
    expect(await app.api.get('/users/auth0|1?page=1')).toMatchObject(
      refusals.invalidQuery("'Additional properties not allowed: page'"),
    );
  });

  it('returns 404 for an unknown user', async () => {
    expect(await app.api.get('/users/auth0|1')).toMatchObject(refusals.userNotFound);
  });

  it('gives the user, or the fields asked for', async () => {
    const user = await createUser(app.api);
    const path = `/users/${encodeURIComponent(user.user_id)}`;
    expect(await app.api.get(path)).toMatchObject({ status: 200, body: user });
    expect((await app.api.get(`${path}?fields=name`)).body).toEqual({ name: user.name });
  });
});

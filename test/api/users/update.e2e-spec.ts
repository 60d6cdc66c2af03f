import { itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createUser, uniqueName } from '../../support/factories.js';
import { gravatarOf } from '../../support/gravatar.js';

describe('PATCH /users/{id}', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'update:users': 404, 'update:users_app_metadata': 404 }, (api) =>
    api.patch('/users/auth0|1', {}),
  );

  it.each([{ blocked: true }, { email: 'a@example.com', app_metadata: { plan: 'a' } }, { name: null }, { other: 1 }])(
    'returns 403 for %j with update:users_app_metadata alone, in a form too, and changes nothing',
    async (body) => {
      const user = await createUser(app.api);
      const path = `/users/${user.user_id}`;
      const narrow = app.api.as(await app.issuer.token({ scopes: ['update:users_app_metadata'] }));
      expectAnswer(await narrow.patch(path, body), refusals.insufficientScope('update:users'));
      const form = new URLSearchParams(Object.fromEntries(Object.keys(body).map((name) => [name, 'true'])));
      expectAnswer(await narrow.request('PATCH', path, { body: form }), refusals.insufficientScope('update:users'));
      expect((await app.api.get(path)).body).toEqual(user);
    },
  );

  it.each([
    [{ blocked: null }, "'Expected type boolean but found type null' on property blocked"],
    [{ nickname: '' }, "'String is too short (0 chars), minimum 1' on property nickname"],
    [{ email: 'nobody' }, "'Object didn't pass validation for format email: nobody' on property email"],
  ])('returns 400 for %j', async (body, detail) => {
    expectAnswer(await app.api.patch('/users/auth0|1', body), refusals.invalidBody(detail));
  });

  it('returns 404 for an unknown user', async () => {
    expectAnswer(await app.api.patch('/users/auth0|1', { name: 'Ada' }), refusals.userNotFound);
  });

  it('returns 409 for an address that another user of the connection has, and changes nothing', async () => {
    const [taken, user] = [await createUser(app.api), await createUser(app.api)];
    const body = { email: taken.email, name: 'Changed' };
    expectAnswer(await app.api.patch(`/users/${user.user_id}`, body), refusals.userExists);
    expect((await app.api.get(`/users/${user.user_id}`)).body).toEqual(user);
  });

  it('changes only the fields of the body, and removes those that are null', async () => {
    const user = await createUser(app.api, { given_name: 'Ada', family_name: 'King', blocked: false });
    const path = `/users/${user.user_id}`;
    const { status, body } = await app.api.patch<{ updated_at: string }>(path, { blocked: true, family_name: null });
    const { family_name: _, ...rest } = user as typeof user & { family_name: string };
    expect(status).toBe(200);
    expect(body).toEqual({ ...rest, blocked: true, updated_at: body.updated_at });
    expect((await app.api.get(path)).body).toEqual(body);
  });

  it('shows the Gravatar of the address again when the picture is taken away, and of a new address', async () => {
    const user = await createUser(app.api, { picture: 'https://example.com/a.jpg' });
    const path = `/users/${user.user_id}`;
    expect((await app.api.patch(path, { picture: null })).body).toMatchObject({ picture: gravatarOf(user.email) });
    const email = `new-${user.email}`;
    expect((await app.api.patch(path, { email })).body).toMatchObject({ picture: gravatarOf(email) });
  });

  it('accepts and ignores the other properties that the contract allows', async () => {
    const user = await createUser(app.api);
    const body = { password: 'secret', client_id: 'client', verify_email: true, connection: 'any', favourite: 1 };
    const { body: updated } = await app.api.patch<{ updated_at: string }>(`/users/${user.user_id}`, body);
    expect(updated).toEqual({ ...user, updated_at: updated.updated_at });
  });

  it('merges metadata at its first level: null removes a property, an empty object all of them', async () => {
    const user = await createUser(app.api, { user_metadata: { a: 1, b: { c: 2 }, d: 3 }, app_metadata: { plan: 'x' } });
    const path = `/users/${user.user_id}`;
    const merged = await app.api.patch(path, { user_metadata: { b: { e: 4 }, d: null } });
    expect(merged.body).toMatchObject({ user_metadata: { a: 1, b: { e: 4 } }, app_metadata: { plan: 'x' } });
    const emptied = await app.api.patch<{ user_metadata: object }>(path, { user_metadata: {} });
    expect(emptied.body.user_metadata).toEqual({});
  });

  it('changes app_metadata with update:users_app_metadata alone, and shows nothing else', async () => {
    const user = await createUser(app.api, { user_metadata: { a: 1 }, app_metadata: { plan: 'a' } });
    const path = `/users/${user.user_id}`;
    const narrow = app.api.as(await app.issuer.token({ scopes: ['update:users_app_metadata'] }));
    const shown = (plan: string) => ({
      status: 200,
      body: { user_id: user.user_id, app_metadata: { plan } },
    });
    expectAnswer(await narrow.patch(path, {}), shown('a'));
    expectAnswer(await narrow.patch(path, { app_metadata: { plan: 'b' } }), shown('b'));
    const { body } = await app.api.get<{ updated_at: string }>(path);
    expect(body).toEqual({ ...user, app_metadata: { plan: 'b' }, updated_at: body.updated_at });
  });

  it('marks a new address or number as unverified, unless the same change sets it', async () => {
    const user = await createUser(app.api, { email_verified: true, phone_number: '+15550001', phone_verified: true });
    const path = `/users/${encodeURIComponent(user.user_id)}`;
    const change = async (body: object) => (await app.api.patch<object>(path, body)).body;
    expect(await change({ email: user.email.toUpperCase(), phone_number: '+15550001' })).toMatchObject({
      email_verified: true,
      phone_verified: true,
    });
    const email = `${uniqueName('user')}@example.com`;
    expect(await change({ email })).toMatchObject({ email, email_verified: false, phone_verified: true });
    expect(await change({ phone_number: '+15550002' })).toMatchObject({ phone_verified: false });
    expect(await change({ phone_number: '+15550003', phone_verified: true })).toMatchObject({ phone_verified: true });
  });

  it('returns 400 for metadata that would be larger than 256 KB when merged, and changes nothing', async () => {
    const { user_id: id } = await createUser(app.api, { user_metadata: { a: 'x'.repeat(200_000) } });
    const path = `/users/${encodeURIComponent(id)}`;
    const { body: before } = await app.api.get(path);
    expectAnswer(
      await app.api.patch(path, { name: 'Other', user_metadata: { b: 'x'.repeat(200_000) } }),
      refusals.invalidBody("'Object is too large (400015 bytes), maximum 262144' on property user_metadata"),
    );
    expect((await app.api.get(path)).body).toEqual(before);
  });

  it('loses no property when metadata is merged many times at once', async () => {
    const user = await createUser(app.api);
    const path = `/users/${user.user_id}`;
    const names = Array.from({ length: 10 }, (_, at) => `property${at}`);
    await Promise.all(names.map((name) => app.api.patch(path, { app_metadata: { [name]: true } })));
    expect((await app.api.get(path)).body).toMatchObject({
      app_metadata: Object.fromEntries(names.map((name) => [name, true])),
    });
  });
});

import { expectAnswer } from '../../support/answers.js';
import { startApp, useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import {
  createConnection,
  createEnabled,
  createOrganization,
  createUser,
  uniqueName,
} from '../../support/factories.js';
import { ask, tagOf } from './resources.js';

/** What a client that has this tag is answered by. */
describe('A tag of one representation', () => {
  const app = useApp();
  const as = async (...scopes: string[]) => app.api.as(await app.issuer.token({ scopes }));

  /** None of them makes a client believe that it has another; each is good for a change. */
  async function expectApart(paths: readonly string[], api = app.api) {
    const answers = await Promise.all(paths.map((path) => api.get(path)));
    const tags = answers.map(tagOf);
    expect(new Set(tags).size).toBe(paths.length);
    for (const [at, path] of paths.entries()) {
      const others = tags.filter((_, other) => other !== at).join(', ');
      expectAnswer(await ask(api, 'GET', path, { 'if-none-match': others }), { status: 200, body: answers[at]!.body });
      expectAnswer(await ask(api, 'GET', path, { 'if-none-match': tags[at]! }), { status: 304 });
    }
    return tags;
  }

  it('differs between the two APIs of an organization connection', async () => {
    const { path } = await createEnabled(app.api);
    const newer = path.replace('enabled_connections', 'connections');
    const [older] = await expectApart([path, newer]);
    expect((await ask(app.api, 'PATCH', newer, { 'if-match': older! }, { is_enabled: true })).status).toBe(200);
  });

  it.each(['connections', 'users'])('is of the named fields alone: %s', async (kind) => {
    const id = kind === 'users' ? (await createUser(app.api)).user_id : (await createConnection(app.api, 'okta')).id;
    const path = `/${kind}/${id}`;
    const tags = await expectApart([
      path,
      `${path}?fields=name`,
      `${path}?fields=name&include_fields=false`,
      `${path}?fields=email,options`,
    ]);
    expect(tagOf(await app.api.get(`${path}?fields=options,email`))).toBe(tags[3]);
    for (const tag of tags) expect((await ask(app.api, 'GET', path, { 'if-match': tag })).status).toBe(200);
  });

  it('of an organization is of what the scopes show alone', async () => {
    const { id } = await createOrganization(app.api, { metadata: { plan: 'gold' } });
    const path = `/organizations/${id}`;
    const summary = await (await as('read:organizations_summary')).get(path);
    const whole = await app.api.get(path);
    expect(tagOf(summary)).not.toBe(tagOf(whole));
    const answer = await ask(app.api, 'GET', path, { 'if-none-match': tagOf(summary) });
    expectAnswer(answer, { status: 200, body: whole.body });
  });

  it('of a user is of what the scopes show alone', async () => {
    const path = `/users/${(await createUser(app.api, { app_metadata: { plan: 'gold' } })).user_id}`;
    const [identities, appMetadata] = await Promise.all([as('read:user_idp_tokens'), as('update:users_app_metadata')]);
    const change = { app_metadata: { plan: 'silver' } };
    const changed = await appMetadata.patch(path, change);
    const shown = [changed, await identities.get(path), await app.api.get(path)];
    expect(new Set(shown.map(tagOf)).size).toBe(3);
    const parts = `${tagOf(shown[0]!)}, ${tagOf(shown[1]!)}`;
    expectAnswer(await ask(app.api, 'GET', path, { 'if-none-match': parts }), { status: 200, body: shown[2]!.body });
    expect((await ask(appMetadata, 'PATCH', path, { 'if-match': tagOf(changed) }, change)).status).toBe(200);
    expectAnswer(
      await ask(appMetadata, 'PATCH', path, { 'if-match': tagOf(changed) }, change),
      refusals.preconditionFailed,
    );
  });

  it('of an organization that was created with connections is of that answer alone', async () => {
    const { id: connection_id } = await createConnection(app.api);
    const body = { name: uniqueName('org'), enabled_connections: [{ connection_id }] };
    const made = await app.api.post<{ id: string }>('/organizations', body);
    const path = `/organizations/${made.body.id}`;
    const got = await app.api.get(path);
    expectAnswer(await ask(app.api, 'GET', path, { 'if-none-match': tagOf(made) }), { status: 200, body: got.body });
    const changed = await ask(app.api, 'PATCH', path, { 'if-match': tagOf(made) }, { display_name: 'Changed' });
    expect(changed.status).toBe(200);
  });

  it('is the same by id and by name', async () => {
    const { id, name } = await createOrganization(app.api);
    const [byId, byName] = await Promise.all(
      [`/organizations/${id}`, `/organizations/name/${name}`].map((path) => app.api.get(path)),
    );
    expect(tagOf(byId!)).toBe(tagOf(byName!));
  });

  it('of a connection with a ticket is of the address that the ticket has', async () => {
    const [ticket, plain] = await Promise.all([createConnection(app.api, 'waad'), createConnection(app.api, 'okta')]);
    const database = { url: app.databaseUrl, drop: () => Promise.resolve() };
    const elsewhere = await startApp({ database, env: { PUBLIC_URL: 'https://elsewhere.example.com' } });
    try {
      const tags = ({ id }: { id: string }) =>
        Promise.all([app.api, elsewhere.app.api].map(async (api) => tagOf(await api.get(`/connections/${id}`))));
      const [here, there] = await tags(ticket);
      expect(here).not.toBe(there);
      const [same, too] = await tags(plain);
      expect(same).toBe(too);
    } finally {
      await elsewhere.stop();
    }
  });
});

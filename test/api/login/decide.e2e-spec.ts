import { absent, itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { eventually } from '../../support/clock.js';
import { refusals } from '../../support/errors.js';
import {
  createEnabled,
  createOrganization,
  createUser,
  uniqueName,
  type CreatedConnection,
  type CreatedOrganization,
} from '../../support/factories.js';

interface Decision {
  decision: string;
  reason: string;
  membership: string;
  organization: { id: string; name: string } | null;
  user_id: string | null;
  trace: { check: string; result: string; detail?: string }[];
}

const ASSIGNING = { assign_membership_on_login: true };
const SIGNUP = { ...ASSIGNING, is_signup_enabled: true };
const uniqueEmail = () => `${uniqueName('user')}@example.com`;

describe('POST /login/decisions', () => {
  const app = useApp();

  const ask = (body: object) => app.api.post<Decision>('/login/decisions', { intent: 'login', ...body });
  const usersOf = async ({ name }: CreatedConnection) =>
    (await app.api.get<{ user_id: string; email: string }[]>(`/users?connection=${name}`)).body;
  const membersOf = async ({ id }: CreatedOrganization) =>
    (await app.api.get<{ user_id: string }[]>(`/organizations/${id}/members?fields=user_id&per_page=100`)).body.map(
      ({ user_id }) => user_id,
    );
  const addMember = async ({ id }: CreatedOrganization, userId: string) =>
    expect((await app.api.post(`/organizations/${id}/members`, { members: [userId] })).status).toBe(204);
  const enable = async ({ id }: CreatedOrganization, connection: CreatedConnection, flags: object = {}) =>
    expect(
      (await app.api.post(`/organizations/${id}/connections`, { connection_id: connection.id, ...flags })).status,
    ).toBe(201);
  const name = ({ id, name }: CreatedOrganization) => ({ id, name });

  /** An organization with one connection with these flags, and a user of the connection. */
  async function createWorld(flags: object = {}, strategy = 'auth0') {
    const { organization, connection, path } = await createEnabled(app.api, strategy, flags);
    const user = await createUser(app.api, { connection: connection.name });
    const request = { organization: organization.id, connection: connection.id, user: { user_id: user.user_id } };
    return { organization, connection, user, path, request };
  }

  itIsGuardedBy(app, { 'evaluate:logins': 400 }, (api) => api.post('/login/decisions', {}));

  const VALID = { connection: 'a', user: { email: 'ada@example.com' }, intent: 'login' };

  it.each<[body: object, detail: string]>([
    [{}, "'Missing required property: connection'"],
    [{ ...VALID, connection: 1 }, "'Expected type string but found type integer' on property connection"],
    [{ ...VALID, connection: '' }, "'String is too short (0 chars), minimum 1' on property connection"],
    [{ ...VALID, organization: '' }, "'String is too short (0 chars), minimum 1' on property organization"],
    [{ ...VALID, organization: 'a\0' }, "'Object didn't pass validation for format unicode' on property organization"],
    [{ ...VALID, intent: 'enter' }, "'No enum match for: enter' on property intent"],
    [{ ...VALID, intent: undefined }, "'Missing required property: intent'"],
    [{ ...VALID, dry_run: 'yes' }, "'Expected type boolean but found type string' on property dry_run"],
    [{ ...VALID, user: undefined }, "'Missing required property: user'"],
    [{ ...VALID, user: [] }, "'Expected type object but found type array' on property user"],
    [{ ...VALID, user: { name: 'Ada' } }, "'Missing required property: user_id or email' on property user"],
    [
      { ...VALID, user: { email: 'ada' } },
      "'Object didn't pass validation for format email: ada' on property user.email",
    ],
    [{ ...VALID, user: { email: 'a@b.de', role: 'x' } }, "'Additional properties not allowed: role' on property user"],
    [{ ...VALID, dryrun: true }, "'Additional properties not allowed: dryrun'"],
  ])('returns 400 for %.70j', async (body, detail) => {
    expectAnswer(await app.api.post('/login/decisions', body), refusals.invalidBody(detail));
  });

  it('lets a member in, by ids and by names, by user id and by address in any case, and writes nothing', async () => {
    const { organization, connection, user, request } = await createWorld();
    await addMember(organization, user.user_id);
    const body = {
      decision: 'allow',
      reason: 'member',
      membership: 'existing',
      organization: name(organization),
      user_id: user.user_id,
      trace: [
        { check: 'connection', result: 'passed', detail: `${connection.name} (${connection.id}), database` },
        { check: 'organization', result: 'passed', detail: `${organization.name} (${organization.id}), named` },
        { check: 'organization_connection', result: 'passed', detail: 'enabled' },
        { check: 'client', result: 'skipped', detail: 'none was named' },
        { check: 'user', result: 'passed', detail: `known as ${user.user_id}` },
        { check: 'membership', result: 'passed', detail: 'a member' },
      ],
    };
    expectAnswer(await ask(request), { status: 200, body });
    const byName = { organization: organization.name, connection: connection.name };
    expectAnswer(await ask({ ...byName, user: { email: user.email.toUpperCase() } }), { status: 200, body });
    expect(await membersOf(organization)).toEqual([user.user_id]);
  });

  it('makes a known user a member on login, and finds them a member the next time', async () => {
    const { organization, user, request } = await createWorld(ASSIGNING);
    expect((await ask(request)).body).toMatchObject({
      decision: 'allow',
      reason: 'membership_granted',
      membership: 'granted',
      organization: name(organization),
      user_id: user.user_id,
    });
    expect(await membersOf(organization)).toEqual([user.user_id]);
    expect((await ask(request)).body).toMatchObject({ decision: 'allow', reason: 'member', membership: 'existing' });
    expect(await membersOf(organization)).toEqual([user.user_id]);
  });

  it.each(['okta', 'github', 'email'])('makes the user too whom a %s connection vouches for', async (strategy) => {
    const { organization, connection } = await createEnabled(app.api, strategy, ASSIGNING);
    const email = uniqueEmail().toUpperCase();
    const profile = { email, email_verified: true, name: 'Ada', given_name: 'Ada', picture: 'https://a.example/p.png' };
    const answer = await ask({ organization: organization.id, connection: connection.id, user: profile });
    expect(answer.body).toMatchObject({ decision: 'allow', reason: 'membership_granted', membership: 'granted' });
    const made = { ...profile, email: email.toLowerCase(), user_id: answer.body.user_id };
    expect(await usersOf(connection)).toMatchObject([made]);
    expect(await membersOf(organization)).toEqual([made.user_id]);
  });

  it('makes the user by the id that the provider has', async () => {
    const { organization, connection } = await createEnabled(app.api, 'samlp', ASSIGNING);
    const user_id = `samlp|${connection.name}|ada`;
    const answer = await ask({ organization: organization.id, connection: connection.id, user: { user_id } });
    expect(answer.body).toMatchObject({ reason: 'membership_granted', user_id });
    expect(await usersOf(connection)).toMatchObject([{ user_id }]);
    expect(await membersOf(organization)).toEqual([user_id]);
  });

  it('leaves a known user as they are, whatever is told of them', async () => {
    const { connection, user, request } = await createWorld(ASSIGNING);
    const before = await usersOf(connection);
    await ask({
      ...request,
      user: { user_id: user.user_id, email: uniqueEmail(), name: 'Other', email_verified: true },
    });
    expect(await usersOf(connection)).toEqual(before);
  });

  it('lets somebody sign up where signup is on: makes the user and the membership', async () => {
    const { organization, connection } = await createWorld(SIGNUP);
    const email = uniqueEmail();
    const request = { organization: organization.id, connection: connection.id, user: { email }, intent: 'signup' };
    const answer = await ask(request);
    expect(answer.body).toMatchObject({ decision: 'allow', reason: 'signup_granted', membership: 'granted' });
    const made = (await usersOf(connection)).find((user) => user.email === email);
    expect(made).toMatchObject({ user_id: answer.body.user_id, name: email });
    expect(await membersOf(organization)).toEqual([made!.user_id]);
    expect((await ask(request)).body).toMatchObject({ decision: 'deny', reason: 'user_exists', membership: 'none' });
  });

  describe('denies, and writes nothing,', () => {
    type World = Awaited<ReturnType<typeof createWorld>>;
    const cases: [
      reason: string,
      flags: object,
      strategy: string,
      arrange: (world: World) => object | Promise<object>,
    ][] = [
      ['connection_unknown', SIGNUP, 'auth0', () => ({ connection: absent.connection })],
      ['organization_unknown', SIGNUP, 'auth0', () => ({ organization: absent.organization })],
      [
        'connection_not_enabled',
        SIGNUP,
        'auth0',
        async () => ({ organization: (await createOrganization(app.api)).id }),
      ],
      [
        'connection_disabled',
        SIGNUP,
        'auth0',
        async ({ organization, connection }) => {
          const path = `/organizations/${organization.id}/connections/${connection.id}`;
          expect((await app.api.patch(path, { is_enabled: false })).status).toBe(200);
          return {};
        },
      ],
      ['connection_not_enabled_for_client', SIGNUP, 'auth0', () => ({ client_id: 'shop' })],
      [
        'user_blocked',
        SIGNUP,
        'auth0',
        async ({ user }) => {
          await app.api.patch(`/users/${encodeURIComponent(user.user_id)}`, { blocked: true });
          return {};
        },
      ],
      ['user_unknown', SIGNUP, 'auth0', () => ({ user: { email: uniqueEmail() } })],
      ['user_unknown', ASSIGNING, 'okta', async () => ({ user: { user_id: (await createUser(app.api)).user_id } })],
      [
        'user_unknown',
        ASSIGNING,
        'okta',
        ({ user }) => ({ user: { user_id: `okta|${uniqueName('new')}`, email: user.email } }),
      ],
      ['not_a_member', {}, 'auth0', () => ({})],
      ['not_a_member', {}, 'okta', () => ({ user: { email: uniqueEmail() } })],
      ['signup_not_enabled', ASSIGNING, 'auth0', () => ({ intent: 'signup', user: { email: uniqueEmail() } })],
      ['signup_not_enabled', ASSIGNING, 'okta', () => ({ intent: 'signup', user: { email: uniqueEmail() } })],
      ['user_exists', SIGNUP, 'auth0', ({ user }) => ({ intent: 'signup', user: { email: user.email } })],
      [
        'user_exists',
        SIGNUP,
        'auth0',
        ({ user }) => ({ intent: 'signup', user: { user_id: `auth0|${uniqueName('new')}`, email: user.email } }),
      ],
      ['no_organization', {}, 'auth0', () => ({ organization: undefined })],
      ['no_organization', ASSIGNING, 'okta', () => ({ organization: undefined, intent: 'signup' })],
      [
        'ambiguous_organization',
        ASSIGNING,
        'auth0',
        async ({ connection }) => {
          await enable(await createOrganization(app.api), connection, ASSIGNING);
          return { organization: undefined };
        },
      ],
    ];

    it.each(cases)('for %s: with %j on a connection of %s', async (reason, flags, strategy, arrange) => {
      const world = await createWorld(flags, strategy);
      const request = { ...world.request, ...(await arrange(world)) };
      const rows = () =>
        app.sql('SELECT (SELECT count(*) FROM users) AS users, (SELECT count(*) FROM organization_members) AS members');
      const before = await rows();
      const { status, body } = await ask(request);
      expect({ status, ...body }).toMatchObject({ status: 200, decision: 'deny', reason, membership: 'none' });
      expect(body.trace.at(-1)!.result).toBe('failed');
      expect(await rows()).toEqual(before);
    });
  });

  it('denies a member by a connection that is not enabled any more, and by an application that lacks it', async () => {
    const { organization, connection, user, path, request } = await createWorld();
    await addMember(organization, user.user_id);
    await app.api.patch(`/connections/${connection.id}`, { enabled_clients: ['portal'] });
    expect((await ask({ ...request, client_id: 'portal' })).body).toMatchObject({ decision: 'allow' });
    expect((await ask({ ...request, client_id: 'shop' })).body).toMatchObject({
      decision: 'deny',
      reason: 'connection_not_enabled_for_client',
    });
    await app.api.delete(path);
    expect((await ask(request)).body).toMatchObject({ decision: 'deny', reason: 'connection_not_enabled' });
  });

  it('goes by the row as the last PATCH left it', async () => {
    const { path, request } = await createWorld(SIGNUP);
    const stranger = () => ({ ...request, intent: 'signup', user: { email: uniqueEmail() } });
    expect((await ask(stranger())).body.reason).toBe('signup_granted');
    await app.api.patch(path, { is_signup_enabled: false });
    expect((await ask(stranger())).body.reason).toBe('signup_not_enabled');
    await app.api.patch(path, { assign_membership_on_login: false });
    expect((await ask(request)).body.reason).toBe('not_a_member');
    await app.api.patch(path, { assign_membership_on_login: true });
    expect((await ask(request)).body.reason).toBe('membership_granted');
    await app.api.patch(path, { assign_membership_on_login: false });
    expect((await ask(request)).body.reason).toBe('member');
  });

  describe('without an organization', () => {
    it('makes a member in the only organization that takes members by the connection', async () => {
      const { organization, connection, user } = await createWorld(ASSIGNING);
      await enable(await createOrganization(app.api), connection);
      await enable(await createOrganization(app.api), connection, { ...ASSIGNING, is_enabled: false });
      const { body } = await ask({ connection: connection.id, user: { email: user.email } });
      expect(body).toMatchObject({ reason: 'membership_granted', organization: name(organization) });
      expect(await membersOf(organization)).toEqual([user.user_id]);
    });

    it('signs up into the only organization that takes signups', async () => {
      const { organization, connection } = await createWorld(SIGNUP);
      await enable(await createOrganization(app.api), connection, ASSIGNING);
      const { body } = await ask({ connection: connection.id, user: { email: uniqueEmail() }, intent: 'signup' });
      expect(body).toMatchObject({ reason: 'signup_granted', organization: name(organization) });
      expect(await membersOf(organization)).toEqual([body.user_id]);
    });

    it('lets a member of exactly one organization in there, and nobody who is a member of two', async () => {
      const { organization, connection, user } = await createWorld();
      const other = await createOrganization(app.api);
      await addMember(organization, user.user_id);
      await addMember(other, user.user_id);
      const request = { connection: connection.id, user: { user_id: user.user_id } };
      expect((await ask(request)).body).toMatchObject({ reason: 'member', organization: name(organization) });
      await enable(other, connection);
      expect((await ask(request)).body).toMatchObject({ reason: 'no_organization', organization: null });
    });
  });

  describe('in a dry run', () => {
    it('says what it would grant and writes nothing', async () => {
      const { organization, connection, user, request } = await createWorld(SIGNUP);
      const rows = async () => [await usersOf(connection), await membersOf(organization)];
      const before = await rows();
      const login = await ask({ ...request, dry_run: true });
      expect(login.body).toMatchObject({
        decision: 'allow',
        reason: 'membership_granted',
        membership: 'would_grant',
        user_id: user.user_id,
      });
      const signup = await ask({ ...request, user: { email: uniqueEmail() }, intent: 'signup', dry_run: true });
      expect(signup.body).toMatchObject({
        decision: 'allow',
        reason: 'signup_granted',
        membership: 'would_grant',
        user_id: null,
      });
      expect(await rows()).toEqual(before);
    });
  });

  describe('at once', () => {
    const times = (count: number, request: object) =>
      Promise.all(Array.from({ length: count }, () => ask(request))).then((answers) => answers.map(({ body }) => body));
    const tally = (bodies: Decision[]) =>
      bodies.reduce<Record<string, number>>((counts, { reason }) => {
        return { ...counts, [reason]: (counts[reason] ?? 0) + 1 };
      }, {});

    it('gives one membership and 100 allows for 100 equal logins of a known user', async () => {
      const { organization, user, request } = await createWorld(ASSIGNING);
      expect(tally(await times(100, request))).toEqual({ membership_granted: 1, member: 99 });
      expect(await membersOf(organization)).toEqual([user.user_id]);
    });

    it('makes one user and one membership for 100 equal logins of a stranger', async () => {
      const { organization, connection } = await createEnabled(app.api, 'okta', ASSIGNING);
      const user = { email: uniqueEmail() };
      const bodies = await times(100, { organization: organization.id, connection: connection.id, user });
      expect(tally(bodies)).toEqual({ membership_granted: 1, member: 99 });
      const [made, ...others] = await usersOf(connection);
      expect(others).toEqual([]);
      expect(await membersOf(organization)).toEqual([made!.user_id]);
      expect(new Set(bodies.map(({ user_id }) => user_id))).toEqual(new Set([made!.user_id]));
    });

    it('lets one of 100 equal signups make the account', async () => {
      const { organization, request } = await createWorld(SIGNUP);
      const signup = { ...request, user: { email: uniqueEmail() }, intent: 'signup' };
      expect(tally(await times(100, signup))).toEqual({ signup_granted: 1, user_exists: 99 });
      expect(await membersOf(organization)).toHaveLength(1);
    });

    const waiting = () =>
      app.sql("SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()");

    it.each<[change: string, statement: string, reason: string]>([
      ['switches the connection off', 'UPDATE organization_connections SET is_enabled = false', 'connection_disabled'],
      [
        'ends membership on login',
        'UPDATE organization_connections SET assign_membership_on_login = false',
        'not_a_member',
      ],
      ['removes the connection', 'DELETE FROM organization_connections', 'connection_not_enabled'],
    ])('grants nothing when somebody %s first', async (_, statement, reason) => {
      const { organization, request } = await createWorld(ASSIGNING);
      await app.sql('BEGIN');
      await app.sql(`${statement} WHERE organization_id = $1`, [organization.id]);
      const deciding = ask(request);
      await eventually(waiting, ({ length }) => length === 1);
      await app.sql('COMMIT');
      expect((await deciding).body).toMatchObject({ decision: 'deny', reason });
      expect(await membersOf(organization)).toEqual([]);
    });

    it('grants nothing to somebody who is blocked first', async () => {
      const { organization, user, request } = await createWorld(ASSIGNING);
      await app.sql('BEGIN');
      await app.sql('UPDATE users SET blocked = true WHERE user_id = $1', [user.user_id]);
      const deciding = ask(request);
      await eventually(waiting, ({ length }) => length === 1);
      await app.sql('COMMIT');
      expect((await deciding).body).toMatchObject({ decision: 'deny', reason: 'user_blocked' });
      expect(await membersOf(organization)).toEqual([]);
    });

    it('answers 200 to every decision while the organization and the connection are deleted', async () => {
      const worlds = await Promise.all(Array.from({ length: 10 }, () => createWorld(ASSIGNING, 'okta')));
      const answers = await Promise.all(
        worlds.flatMap(({ organization, connection, request }, at) => [
          ...Array.from({ length: 5 }, () => ask({ ...request, user: { email: uniqueEmail() } })),
          app.api.delete(at % 2 === 0 ? `/organizations/${organization.id}` : `/connections/${connection.id}`),
          ...Array.from({ length: 5 }, () => ask({ ...request, user: { email: uniqueEmail() } })),
        ]),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 202, 204]));
    });
  });

  it('lets nobody into another organization, and leaves its rows as they are', async () => {
    const [own, other] = [await createWorld(), await createWorld(ASSIGNING)];
    await addMember(other.organization, other.user.user_id);
    const look = () =>
      app.sql('SELECT * FROM organization_members WHERE organization_id = $1 ORDER BY user_id', [
        other.organization.id,
      ]);
    const before = await look();
    for (const request of [
      { ...own.request, user: other.request.user },
      { ...own.request, connection: other.connection.id, user: other.request.user },
      { ...other.request, connection: own.connection.id, user: own.request.user },
      { ...other.request, user: own.request.user },
    ]) {
      expect((await ask(request)).body).toMatchObject({ decision: 'deny' });
    }
    expect(await look()).toEqual(before);
    expect(await membersOf(own.organization)).toEqual([]);
  });

  it('leaves no word of the body in the log', async () => {
    const { organization, connection } = await createEnabled(app.api, 'okta', ASSIGNING);
    const user = { user_id: `okta|${uniqueName('id')}`, email: uniqueEmail(), name: uniqueName('name') };
    await ask({ organization: organization.id, connection: connection.id, user });
    await ask({ organization: organization.id, connection: connection.id, user, intent: 'signup' });
    const log = JSON.stringify(app.log);
    for (const word of [...Object.values(user), organization.id, connection.id]) {
      expect(log.includes(`/login/decisions`)).toBe(true);
      expect(log.split('"').filter((text) => text.includes(word) && !text.startsWith('/api/v2/'))).toEqual([]);
    }
  });
});

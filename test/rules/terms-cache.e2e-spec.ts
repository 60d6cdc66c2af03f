import { randomBytes } from 'node:crypto';
import { startApp, useApp, type TestApp, type TestAppOptions } from '../support/app.js';
import type { Api } from '../support/api.js';
import { Cable } from '../support/cable.js';
import { eventually } from '../support/clock.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { createEnabled, createOrganization, createUser, uniqueName } from '../support/factories.js';
import { swallowNotifications } from '../support/notification-swallower.js';

/** As pino writes it. */
const WARN = 40;

/** How long a server may go on by terms that another has changed: while it hears of changes, and in any case. */
const BOUND_MS = { usual: 100, always: 500 };

interface Prompt {
  organization: { id: string; display_name?: string };
  connections: { id: string; display_name?: string }[];
}

const prompt = async (api: Api, organization: string) =>
  (await api.get<Prompt>(`/login/organizations/${organization}`)).body;
const nameShown = async (api: Api, organization: string) => (await prompt(api, organization)).organization.display_name;
const decisionOf = async (api: Api, request: object) =>
  (await api.post<{ reason: string }>('/login/decisions', { intent: 'login', ...request })).body.reason;
const renameInSilence = (app: TestApp, id: string, name: string) =>
  app.sql(`SET session_replication_role = replica; UPDATE organizations SET display_name = '${name}' WHERE id = '${id}';
           SET session_replication_role = origin`);

/**
 * Until the server answers by what it remembers: no trigger says that the row has changed.
 *
 * @param database who reaches the database past the server
 */
async function untilRemembered(app: TestApp, { id }: { id: string }, database: TestApp = app): Promise<void> {
  await eventually(
    async () => {
      const shown = await nameShown(app.api, id);
      await renameInSilence(database, id, uniqueName('Silent'));
      return (await nameShown(app.api, id)) === shown;
    },
    (isRemembered) => isRemembered,
  );
  await app.api.patch(`/organizations/${id}`, { display_name: 'Acme' });
  await prompt(app.api, id);
}

describe('The terms of an organization', () => {
  const app = useApp();
  const patch = async (path: string, body: object) => expect((await app.api.patch(path, body)).status).toBe(200);

  it('are remembered, by id and by name, until somebody changes them, by SQL too', async () => {
    const organization = await createOrganization(app.api, { display_name: 'Acme' });
    await untilRemembered(app, organization);
    for (const name of [organization.id, organization.name]) {
      expect(await nameShown(app.api, name)).toBe('Acme');
    }
    await renameInSilence(app, organization.id, 'Silent');
    for (const name of [organization.id, organization.name]) {
      expect(await nameShown(app.api, name)).toBe('Acme');
    }
    await app.sql('UPDATE organizations SET display_name = $2 WHERE id = $1', [organization.id, 'By SQL']);
    for (const name of [organization.id, organization.name]) {
      await eventually(
        () => nameShown(app.api, name),
        (shown) => shown === 'By SQL',
      );
    }
  });

  it('are what the last change by the same server made them, at the very next question', async () => {
    const { organization, connection, path } = await createEnabled(app.api, 'okta', {
      assign_membership_on_login: true,
    });
    const other = await createOrganization(app.api, { enabled_connections: [{ connection_id: connection.id }] });
    await untilRemembered(app, organization);
    await prompt(app.api, other.id);
    const decide = async () =>
      decisionOf(app.api, {
        organization: organization.name,
        connection: connection.name,
        user: { user_id: (await createUser(app.api, { connection: connection.name })).user_id },
      });
    const newer = path.replace('enabled_connections', 'connections');

    for (let round = 0; round < 20; round++) {
      expect(await decide()).toBe('membership_granted');
      await patch(path, { assign_membership_on_login: false });
      expect(await decide()).toBe('not_a_member');
      await patch(newer, { assign_membership_on_login: true, show_as_button: false });
      expect((await prompt(app.api, organization.id)).connections).toEqual([]);
      await patch(newer, { show_as_button: true, is_enabled: false });
      expect(await decide()).toBe('connection_disabled');
      expect((await app.api.delete(newer)).status).toBe(204);
      expect(await decide()).toBe('connection_not_enabled');
      await app.api.post(newer.replace(/\/[^/]*$/, ''), {
        connection_id: connection.id,
        assign_membership_on_login: true,
      });

      const named = `Okta ${round}`;
      await patch(`/connections/${connection.id}`, { display_name: named });
      for (const { id } of [organization, other]) {
        expect((await prompt(app.api, id)).connections[0]).toMatchObject({ id: connection.id, display_name: named });
      }
      await patch(`/organizations/${organization.id}`, { display_name: named });
      expect(await nameShown(app.api, organization.name)).toBe(named);
    }
    expect((await app.api.delete(`/connections/${connection.id}`)).status).toBe(202);
    for (const { id } of [organization, other]) expect((await prompt(app.api, id)).connections).toEqual([]);
    expect((await app.api.delete(`/organizations/${organization.id}`)).status).toBe(204);
    for (const name of [organization.id, organization.name]) {
      expect((await app.api.get(`/login/organizations/${name}`)).status).toBe(404);
    }
  });

  it('go with the organization when it is renamed, and its name with whoever takes it', async () => {
    const organization = await createOrganization(app.api, { display_name: 'First' });
    await untilRemembered(app, organization);
    await prompt(app.api, organization.name);
    await patch(`/organizations/${organization.id}`, { name: uniqueName('org') });
    expect((await app.api.get(`/login/organizations/${organization.name}`)).status).toBe(404);
    const heir = await createOrganization(app.api, { name: organization.name });
    expect((await prompt(app.api, organization.name)).organization.id).toBe(heir.id);
  });

  it('are those of the organization with the id that is asked for, also when it comes after one with that name', async () => {
    const id = `org_${randomBytes(8).toString('hex')}`;
    const namesake = await createOrganization(app.api, { name: id });
    await untilRemembered(app, namesake);
    expect((await prompt(app.api, id)).organization.id).toBe(namesake.id);
    await app.sql('INSERT INTO organizations (id, name) VALUES ($1, $2)', [id, uniqueName('org')]);

    await eventually(
      () => prompt(app.api, id),
      (shown) => shown.organization.id === id,
    );
  });

  it('are forgotten when the tables are emptied', async () => {
    const { organization } = await createEnabled(app.api, 'okta');
    await untilRemembered(app, organization);
    expect((await prompt(app.api, organization.id)).connections).toHaveLength(1);
    await app.sql('TRUNCATE organization_connections');
    await eventually(
      async () => (await prompt(app.api, organization.id)).connections,
      (connections) => connections.length === 0,
    );
  });

  it('are as they are in the database at the end of many changes and questions at once', async () => {
    const { organization, path } = await createEnabled(app.api, 'okta');
    await untilRemembered(app, organization);
    let isDone = false;
    const asking = Array.from({ length: 2 }, async () => {
      while (!isDone) await prompt(app.api, organization.id);
    });
    for (let round = 0; round < 100; round++) {
      const isShown = round % 2 === 1;
      await patch(path, { show_as_button: isShown });
      expect((await prompt(app.api, organization.id)).connections).toHaveLength(isShown ? 1 : 0);
    }
    isDone = true;
    await Promise.all(asking);
  });
});

describe('The membership of a user', () => {
  const app = useApp();

  it('is never remembered: it counts from the very next decision on, also when SQL ended it', async () => {
    const { organization, connection } = await createEnabled(app.api, 'auth0');
    const { user_id } = await createUser(app.api, { connection: connection.name });
    const request = { organization: organization.id, connection: connection.id, user: { user_id } };
    await untilRemembered(app, organization);
    for (let round = 0; round < 20; round++) {
      await app.api.post(`/organizations/${organization.id}/members`, { members: [user_id] });
      expect(await decisionOf(app.api, request)).toBe('member');
      await app.sql('DELETE FROM organization_members WHERE user_id = $1', [user_id]);
      expect(await decisionOf(app.api, request)).toBe('not_a_member');
    }
  });
});

describe('Two servers on one database', () => {
  const app = useApp();
  let other: TestApp;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    ({ app: other, stop } = await startApp({ database: { url: app.databaseUrl, drop: () => Promise.resolve() } }));
  });
  afterAll(() => stop());

  async function createMember() {
    const { organization, connection, path } = await createEnabled(app.api, 'okta');
    const { user_id } = await createUser(app.api, { connection: connection.name });
    await app.api.post(`/organizations/${organization.id}/members`, { members: [user_id] });
    const request = { organization: organization.id, connection: connection.id, user: { user_id } };
    await untilRemembered(other, organization);
    return { path: path.replace('enabled_connections', 'connections'), request };
  }

  /** Milliseconds from the answer to the change until the other server decides by it; it is asked without pause. */
  async function staleness(path: string, request: object, change: { is_enabled: boolean }): Promise<number> {
    const expected = change.is_enabled ? 'member' : 'connection_disabled';
    expect((await app.api.patch(path, change)).status).toBe(200);
    const changedAt = performance.now();
    for (;;) {
      const askedAt = performance.now();
      if ((await decisionOf(other.api, request)) === expected) return askedAt - changedAt;
      if (askedAt - changedAt > 10 * BOUND_MS.always) throw new Error('The change does not arrive');
    }
  }

  it('decide by the same terms within 100 ms of a change by either', async () => {
    const { path, request } = await createMember();
    const times: number[] = [];
    for (let round = 0; round < 50; round++) {
      times.push(await staleness(path, request, { is_enabled: round % 2 === 1 }));
    }
    times.sort((a, b) => a - b);
    // A machine that is busy with other things may hold one up, but not beyond what holds in any case.
    expect(times[Math.floor(times.length * 0.9)]).toBeLessThan(BOUND_MS.usual);
    expect(times.at(-1)).toBeLessThan(BOUND_MS.always);
  });

  it('do so also while the connection that hears of changes is ended again and again', async () => {
    const { path, request } = await createMember();
    let ended = 0;
    for (let round = 0; ended < 30; round++) {
      const ending = app.sql(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE application_name = 'vestibule: changes' AND datname = current_database()`,
      );
      const change = { is_enabled: round % 2 === 1 };
      expect(await staleness(path, request, change)).toBeLessThan(BOUND_MS.always);
      expect(await decisionOf(other.api, request)).toBe(change.is_enabled ? 'member' : 'connection_disabled');
      ended += (await ending).length;
    }
    await untilRemembered(other, { id: request.organization });
  });
});

describe('A server', () => {
  async function startBehind(port: number, database: TestDatabase, options?: TestAppOptions) {
    const url = new URL(database.url);
    url.port = String(port);
    return startApp({ ...options, database: { url: url.href, drop: () => Promise.resolve() } });
  }

  it('does not go on by what it remembers for longer than 500 ms when the network goes silent', async () => {
    const database = await createDatabase();
    const { hostname: host, port } = new URL(database.url);
    const cable = new Cable({ host, port: Number(port) });
    const near = await startApp({ database });
    const far = await startBehind(await cable.plugIn(), database);
    try {
      const organization = await createOrganization(near.app.api, { display_name: 'Acme' });
      await untilRemembered(far.app, organization, near.app);
      cable.freeze();
      await near.app.api.patch(`/organizations/${organization.id}`, { display_name: 'New' });
      const changedAt = performance.now();
      const path = `${far.app.api.origin}/login/organizations/${organization.id}`;
      const headers = { authorization: `Bearer ${far.app.api.token}` };
      let lastAnswerAskedAt = changedAt;
      for (;;) {
        const askedAt = performance.now();
        // What is not at hand is asked of a database that does not answer.
        const answer = await fetch(path, { headers, signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
        if (answer === undefined) break;
        lastAnswerAskedAt = askedAt;
      }
      expect(lastAnswerAskedAt - changedAt).toBeLessThan(BOUND_MS.always);
      cable.thaw();
      await eventually(
        () => far.app.api.get<Prompt>(`/login/organizations/${organization.id}`),
        ({ status }) => status === 200,
      );
      expect(await nameShown(far.app.api, organization.id)).toBe('New');
    } finally {
      await far.stop();
      await cable.cut();
      await near.stop();
    }
  });

  it('behind a pooler that passes no notifications on remembers nothing, and says so once', async () => {
    const database = await createDatabase();
    const { hostname: host, port } = new URL(database.url);
    const between = await swallowNotifications({ host, port: Number(port) });
    const near = await startApp({ database });
    const far = await startBehind(between.port, database);
    try {
      const organization = await createOrganization(near.app.api, { display_name: 'Acme' });
      const said = () =>
        far.app.log.filter(({ context }) => context === 'ChangeFeed').map(({ level, msg }) => [level, msg]);
      await eventually(
        () => Promise.resolve(said()),
        (lines) => lines.length > 0,
      );
      for (const name of ['One', 'Two', 'Three']) {
        await renameInSilence(near.app, organization.id, name);
        expect(await nameShown(far.app.api, organization.id)).toBe(name);
      }
      expect(said()).toEqual([
        [WARN, 'Nothing is remembered, changes are not heard: NotificationsSwallowed: notifications do not arrive'],
      ]);
    } finally {
      await far.stop();
      await between.close();
      await near.stop();
    }
  });

  it('with TERMS_CACHE_MEGABYTES=0 remembers nothing and listens to nothing', async () => {
    const { app, stop } = await startApp({ env: { TERMS_CACHE_MEGABYTES: '0' } });
    try {
      const organization = await createOrganization(app.api, { display_name: 'Acme' });
      for (const name of ['One', 'Two', 'Three']) {
        await renameInSilence(app, organization.id, name);
        expect(await nameShown(app.api, organization.id)).toBe(name);
      }
      expect(
        await app.sql(
          `SELECT FROM pg_stat_activity WHERE application_name = 'vestibule: changes' AND datname = current_database()`,
        ),
      ).toEqual([]);
    } finally {
      await stop();
    }
  });
});

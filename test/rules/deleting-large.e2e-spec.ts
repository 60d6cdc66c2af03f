import { readFile } from 'node:fs/promises';
import { expectAnswer } from '../support/answers.js';
import type { Answer } from '../support/api.js';
import { startApp, useApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/clock.js';
import { refusals } from '../support/errors.js';
import {
  addDiscoveryDomain,
  createConnection,
  createOrganization,
  createUser,
  uniqueName,
} from '../support/factories.js';

const BATCH = 500;
const REMOVAL = { atOnce: 1_000, batch: BATCH, lookEvery: 100 };
const ROWS = 20_000;

/** Users of a connection, past the service. */
const seedUsers = (app: TestApp, connectionId: string, prefix: string, count = ROWS) =>
  app.sql(
    `INSERT INTO users (user_id, connection_id, email)
     SELECT 'auth0|' || $2 || n, $1, $2 || n || '@example.com' FROM generate_series(1, $3::int) n`,
    [connectionId, prefix, count],
  );

/** Makes all users whose keys begin so members of an organization, past the service. */
const seedMemberships = (app: TestApp, organizationId: string, prefix: string) =>
  app.sql(
    'INSERT INTO organization_members (organization_id, user_id) SELECT $1, user_id FROM users WHERE starts_with(user_id, $2)',
    [organizationId, `auth0|${prefix}`],
  );

/** The number of rows that are deleted but not removed yet. */
async function leftOf(app: TestApp, { id }: { id: string }): Promise<number> {
  const [row] = await app.sql<{ count: number }>(
    `SELECT ((SELECT count(*) FROM organizations WHERE id = $1) + (SELECT count(*) FROM connections WHERE id = $1)
           + (SELECT count(*) FROM users WHERE connection_id = $1)
           + (SELECT count(*) FROM organization_members WHERE organization_id = $1)
           + (SELECT count(*) FROM organization_connections WHERE $1 IN (organization_id, connection_id)))::int AS count`,
    [id],
  );
  return row!.count;
}

/** What was is still told of, and more is with every row that goes. */
const TELLS_OF_THE_PAST = /\/history$|^\/api\/v2\/(logs|events|event-streams)\b/;

const untilRemoved = (app: TestApp, ...owners: { id: string }[]) =>
  eventually(
    async () => {
      let left = 0;
      for (const owner of owners) left += await leftOf(app, owner);
      return left;
    },
    (left) => left === 0,
    60_000,
  );

/** Runs work while its deletions stay unfinished, because the rows are locked. */
async function beforeRemoval<T>(app: TestApp, { organization, connection }: Large, work: () => Promise<T>): Promise<T> {
  await app.sql('BEGIN');
  try {
    await app.sql('SELECT FROM users WHERE connection_id = $1 FOR UPDATE', [connection.id]);
    await app.sql('SELECT FROM organization_members WHERE organization_id = $1 FOR UPDATE', [organization.id]);
    return await work();
  } finally {
    await app.sql('ROLLBACK');
  }
}

interface Large {
  readonly organization: { id: string; name: string };
  readonly connection: { id: string; name: string };
  readonly prefix: string;
}

async function createLarge(app: TestApp): Promise<Large> {
  const organization = await createOrganization(app.api);
  const connection = await createConnection(app.api, 'auth0');
  const prefix = uniqueName('u');
  await seedUsers(app, connection.id, prefix);
  await seedMemberships(app, organization.id, prefix);
  return { organization, connection, prefix };
}

describe('Deleting what has very many rows', () => {
  const app = useApp({ removal: REMOVAL });

  it('answers each documented GET, and every sign-in, at once as when all of it has been removed', async () => {
    const large = await createLarge(app);
    const [other, elsewhere] = [await createOrganization(app.api), await createConnection(app.api)];
    for (const organization of [large.organization, other]) {
      for (const connection of [large.connection, elsewhere]) {
        const row = { connection_id: connection.id, assign_membership_on_login: true, is_signup_enabled: true };
        const path = `/organizations/${organization.id}/enabled_connections`;
        expect(await app.api.post(path, row)).toMatchObject({ status: 201 });
      }
    }
    const domain = await addDiscoveryDomain(app.api, large.organization.id);
    await app.sql("UPDATE organization_discovery_domains SET status = 'verified' WHERE id = $1", [domain.id]);
    const stays = await createUser(app.api, { connection: elsewhere.name });
    const goes = `auth0|${large.prefix}7`;
    for (const organization of [large.organization, other]) {
      const members = [stays.user_id, ...(organization === other ? [goes] : [])];
      expect(await app.api.post(`/organizations/${organization.id}/members`, { members })).toMatchObject({
        status: 204,
      });
    }

    const documented = Object.entries(
      (JSON.parse(await readFile('openapi.json', 'utf8')) as { paths: Record<string, Record<string, unknown>> }).paths,
    ).flatMap(([path, operations]) =>
      'get' in operations && !TELLS_OF_THE_PAST.test(path) ? [path.replace('/api/v2', '')] : [],
    );
    const values: Record<string, readonly string[]> = {
      'organizations {id}': [large.organization.id, other.id],
      'connections {id}': [large.connection.id, elsewhere.id],
      'users {id}': [goes, stays.user_id],
      '{name}': [large.organization.name, `deleted ${large.organization.id}`],
      '{connectionId}': [large.connection.id, elsewhere.id],
      '{connection_id}': [large.connection.id, elsewhere.id],
      '{discovery_domain}': [domain.domain],
      '{discovery_domain_id}': [domain.id],
    };
    const filled = (path: string): string[] => {
      const [, kind] = /^(?:\/login)?\/(\w+)/.exec(path)!;
      const [place] = /\{\w+\}/.exec(path) ?? [];
      if (place === undefined) return [path];
      const fillers = values[place === '{id}' ? `${kind} {id}` : place];
      if (fillers === undefined) throw new Error(`Nothing to fill ${path} with`);
      return fillers.flatMap((value) => filled(path.replace(place, encodeURIComponent(value))));
    };
    const queries = (path: string): string[] => {
      const more = ['', '?include_totals=true&per_page=100', '?take=100'];
      const own: Record<string, string[]> = {
        '/users': [
          ...more,
          `?email=${encodeURIComponent(`${large.prefix}7@example.com`)}&include_totals=true`,
          `?connection=${large.connection.name}&include_totals=true`,
          '?sort=email:1&include_totals=true',
        ],
        '/connections': [
          ...more,
          `?name=${large.connection.name}`,
          `?name=deleted ${large.connection.id}`,
          '?strategy=auth0',
        ],
        '/organizations': [...more, '?sort=name:1', '?sort=created_at:-1&take=50'],
      };
      return own[path] ?? (/(s|members|domains)$/.test(path) ? more : ['']);
    };
    const gets = documented.flatMap(filled).flatMap((path) => queries(path).map((query) => path + query));
    expect(gets.length).toBeGreaterThan(60);
    const decision = (fields: object, user: object, intent = 'login') => ({
      method: 'POST',
      path: '/login/decisions',
      body: { connection: large.connection.id, user, intent, dry_run: true, ...fields },
    });
    const subject = { type: 'user', id: goes };
    const evaluation = (resource: object, context: object) => ({
      method: 'POST',
      path: '/access/v1/evaluation',
      body: { subject, action: { name: 'login' }, resource, context: { dry_run: true, ...context } },
    });
    const asks = [
      { method: 'POST', path: '/login/discover', body: { email: `somebody@${domain.domain}` } },
      {
        method: 'POST',
        path: '/login/discover',
        body: { email: 'a@example.com', organization: large.organization.name },
      },
      ...[large.organization.id, large.organization.name, other.id, undefined].flatMap((organization) => [
        decision({ organization }, { user_id: goes }),
        decision({ organization, connection: large.connection.name }, { user_id: goes }),
        decision({ organization, connection: elsewhere.id }, { user_id: goes }),
        decision({ organization, connection: elsewhere.id }, { user_id: stays.user_id }),
        decision({ organization }, { email: `${large.prefix}7@example.com` }),
        decision({ organization, connection: elsewhere.id }, { user_id: goes, email: 'new@example.com' }, 'signup'),
      ]),
      evaluation({ type: 'organization', id: large.organization.id }, { connection: elsewhere.id }),
      evaluation({ type: 'connection', id: large.connection.id }, { organization: other.id }),
      evaluation({ type: 'organization', id: other.id }, { connection: elsewhere.id }),
    ];
    // What is left out is what differs from one answer to the next: times and marks of pages.
    const ask = async (): Promise<Record<string, unknown>> => {
      const answers: Record<string, unknown> = {};
      const keep = (name: string, { status, body }: Answer) => (answers[name] = { status, body });
      for (const path of gets) keep(path, await app.api.get(path));
      for (const write of asks) keep(`${write.path} ${JSON.stringify(write.body)}`, await app.api.sendWrite(write));
      return answers;
    };

    const owners = [large.organization, large.connection];
    const [atOnce, left] = await beforeRemoval(app, large, async () => {
      expectAnswer(await app.api.delete(`/organizations/${large.organization.id}`), { status: 204 });
      expectAnswer(await app.api.delete(`/connections/${large.connection.id}`), {
        status: 202,
        body: { deleted_at: expect.any(String) as string },
      });
      const answers = await ask();
      return [answers, [await leftOf(app, large.organization), await leftOf(app, large.connection)]];
    });
    expect(Math.min(...left)).toBeGreaterThan(ROWS);
    await untilRemoved(app, ...owners);
    expect(await ask()).toEqual(atOnce);
    expect(JSON.stringify(atOnce['/organizations'])).not.toContain(large.organization.id);
    expect(atOnce[`/organizations/${other.id}/members`]).toMatchObject({
      status: 200,
      body: [{ user_id: stays.user_id }],
    });
  });

  it('leaves nothing to change, and frees the name and the addresses at once', async () => {
    const large = await createLarge(app);
    const { organization, connection, prefix } = large;
    const goes = { user_id: `auth0|${prefix}7`, email: `${prefix}7@example.com` };
    const user = `/users/${encodeURIComponent(goes.user_id)}`;
    const stays = await createUser(app.api);
    const other = await createOrganization(app.api);
    const owners = [organization, connection];
    await beforeRemoval(app, large, async () => {
      const paths = { organization: `/organizations/${organization.id}`, connection: `/connections/${connection.id}` };
      expectAnswer(await app.api.delete(paths.organization), { status: 204 });
      expect(await app.api.delete(paths.connection)).toMatchObject({ status: 202 });

      expectAnswer(await app.api.delete(paths.organization), refusals.organizationNotFound);
      expectAnswer(await app.api.patch(paths.organization, { display_name: 'x' }), refusals.organizationNotFound);
      for (const members of [[stays.user_id], [goes.user_id]]) {
        const path = `${paths.organization}/members`;
        expectAnswer(await app.api.post(path, { members }), refusals.organizationNotFound);
        expectAnswer(await app.api.delete(path, { members }), refusals.organizationNotFound);
      }
      const row = { connection_id: connection.id };
      for (const view of ['connections', 'enabled_connections']) {
        const path = `${paths.organization}/${view}`;
        expectAnswer(await app.api.post(path, row), refusals.organizationNotFound);
        expect(await app.api.post(`/organizations/${other.id}/${view}`, row)).toMatchObject({ status: 400 });
      }
      expectAnswer(
        await app.api.post(`${paths.organization}/discovery-domains`, { domain: 'a.example.com' }),
        refusals.organizationNotFound,
      );
      expectAnswer(await app.api.delete(paths.connection), { status: 204 });
      expectAnswer(await app.api.patch(paths.connection, { options: {} }), refusals.connectionNotFound);
      expectAnswer(await app.api.patch(user, { blocked: true }), refusals.userNotFound);
      expectAnswer(
        await app.api.post(`/organizations/${other.id}/members`, { members: [goes.user_id] }),
        refusals.userNotFound,
      );
      expectAnswer(await app.api.delete(user), { status: 204 });
      expect(await app.api.sendWrite({ method: 'DELETE', path: paths.connection }, { 'if-match': '*' })).toMatchObject({
        status: 412,
      });

      const again = await app.api.post<{ id: string }>('/connections', { name: connection.name, strategy: 'auth0' });
      expect(again.status).toBe(201);
      expect(await app.api.post('/organizations', { name: organization.name })).toMatchObject({ status: 201 });
      const same = { connection: connection.name, email: goes.email };
      expect(await app.api.post('/users', same)).toMatchObject({ status: 201, body: { email: goes.email } });
    });
    await untilRemoved(app, ...owners);
    expectAnswer(await app.api.get(`/users?connection=${connection.name}&fields=email`), {
      status: 200,
      body: [{ email: goes.email }],
    });
  });

  it('goes by batches, also where each user belongs to many organizations', async () => {
    await app.sql(`
      CREATE TABLE removed (rows int);
      CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO removed SELECT count(*) FROM gone; RETURN NULL; END $$;
      CREATE TRIGGER note AFTER DELETE ON users REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION note();
      CREATE TRIGGER note AFTER DELETE ON organization_members REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION note()`);
    const connection = await createConnection(app.api, 'auth0');
    const prefix = uniqueName('u');
    await seedUsers(app, connection.id, prefix, 200);
    for (let made = 0; made < 10; made++) {
      await seedMemberships(app, (await createOrganization(app.api)).id, prefix);
    }
    expect(await app.api.delete(`/connections/${connection.id}`)).toMatchObject({ status: 202 });
    await untilRemoved(app, connection);
    const [removed] = await app.sql<{ most: number; all: number }>(
      'SELECT max(rows) AS most, sum(rows)::int AS all FROM removed',
    );
    expect(removed).toEqual({ most: BATCH, all: 200 + 2_000 });
  });

  it('is tried by a dry run without a trace, and refused where If-Match names another version', async () => {
    const { organization, connection } = await createLarge(app);
    for (const [path, owner] of [
      [`/organizations/${organization.id}`, organization],
      [`/connections/${connection.id}`, connection],
    ] as const) {
      const [before, left] = [await app.api.get(path), await leftOf(app, owner)];
      const removal = { method: 'DELETE', path };
      expect((await app.api.sendWrite(removal, { 'vestibule-dry-run': 'true' })).status).toBeLessThan(300);
      expect(await app.api.sendWrite(removal, { 'if-match': '"1-other"' })).toMatchObject({ status: 412 });
      expectAnswer(await app.api.get(path), { status: 200, body: before.body });
      expect(await leftOf(app, owner)).toBe(left);
    }
  });

  it('is one statement where there is little', async () => {
    const connection = await createConnection(app.api, 'auth0');
    await seedUsers(app, connection.id, uniqueName('u'), 1_000);
    expect(await app.api.delete(`/connections/${connection.id}`)).toMatchObject({ status: 202 });
    expect(await leftOf(app, connection)).toBe(0);
  });
});

describe('A user of a connection that has been deleted', () => {
  // None that removes them.
  const app = useApp({ removal: { ...REMOVAL, lookEvery: 3_600_000 } });

  it('leaves the id to another, who is made or signs up', async () => {
    const [gone, connection] = [await createConnection(app.api, 'auth0'), await createConnection(app.api, 'auth0')];
    const prefix = uniqueName('u');
    await seedUsers(app, gone.id, prefix, 3);
    await app.sql("UPDATE connections SET deleted_at = now(), name = 'deleted ' || id WHERE id = $1", [gone.id]);
    const organization = await createOrganization(app.api);
    const flags = { connection_id: connection.id, assign_membership_on_login: true, is_signup_enabled: true };
    await app.api.post(`/organizations/${organization.id}/enabled_connections`, flags);

    const made = { connection: connection.name, user_id: `${prefix}1`, email: `${prefix}1@example.com` };
    expect(await app.api.post('/users', made)).toMatchObject({ status: 201, body: { user_id: `auth0|${prefix}1` } });
    expectAnswer(await app.api.post('/users', made), refusals.userExists);
    const signup = {
      intent: 'signup',
      organization: organization.id,
      connection: connection.id,
      user: { user_id: `auth0|${prefix}2`, email: `${prefix}2@example.com` },
    };
    expect(await app.api.post('/login/decisions', signup)).toMatchObject({ status: 200, body: { decision: 'allow' } });
    const { body } = await app.api.get<{ email: string }[]>('/users?fields=email&sort=email:1');
    expect(body).toEqual([{ email: `${prefix}1@example.com` }, { email: `${prefix}2@example.com` }]);
    expect(await leftOf(app, gone)).toBe(2);
  });
});

describe('Two servers', () => {
  it('remove together what has been deleted, and neither meets an error', async () => {
    const { app, stop } = await startApp({ removal: REMOVAL });
    const onTheSame = { url: app.databaseUrl, drop: () => Promise.resolve() };
    const second = await startApp({ removal: REMOVAL, database: onTheSame });
    try {
      const larges = [await createLarge(app), await createLarge(app)];
      const owners = larges.flatMap(({ organization, connection }) => [organization, connection]);
      const answers = await Promise.all(
        larges.flatMap(({ organization, connection }, at) => {
          const { api } = at === 0 ? app : second.app;
          return [api.delete(`/organizations/${organization.id}`), api.delete(`/connections/${connection.id}`)];
        }),
      );
      expect(answers.map(({ status }) => status)).toEqual([204, 202, 204, 202]);
      await untilRemoved(app, ...owners);
      const loud = [...app.log, ...second.app.log].filter(({ level }) => Number(level) > 30);
      expect(loud).toEqual([]);
    } finally {
      await second.stop();
      await stop();
    }
  });
});

import type pg from 'pg';
import fc from 'fast-check';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppModule } from '../../src/app.module.js';
import { Actor } from '../../src/actor.js';
import { Preconditions } from '../../src/http/preconditions.js';
import { createPool } from '../../src/database/pool.js';
import { DEFAULT_SETTINGS } from '../../src/organization-connections/domain/settings.js';
import { OrganizationConnectionsService } from '../../src/organization-connections/organization-connections.service.js';
import { startApp, testConfig, useApp } from '../support/app.js';
import type { Answer, Api } from '../support/api.js';
import { refusals } from '../support/errors.js';
import { createConnection, createOrganization, type CreatedConnection } from '../support/factories.js';

interface Settings {
  assign_membership_on_login?: boolean;
  is_signup_enabled?: boolean;
  show_as_button?: boolean;
  is_enabled?: boolean;
  organization_access_level?: string;
  organization_connection_name?: string;
}

interface Row extends Settings {
  connection_id: string;
}

const STRATEGIES = ['auth0', 'okta', 'github', 'email'] as const;

const DEFAULTS = {
  assign_membership_on_login: false,
  is_signup_enabled: false,
  show_as_button: true,
  is_enabled: true,
  organization_access_level: 'none',
};

const anySettings = fc.record<Settings>(
  {
    assign_membership_on_login: fc.boolean(),
    is_signup_enabled: fc.boolean(),
    show_as_button: fc.boolean(),
    is_enabled: fc.boolean(),
    organization_access_level: fc.constantFrom('none', 'readonly', 'limited', 'full'),
    organization_connection_name: fc
      .string({ minLength: 1, maxLength: 50, unit: 'grapheme-composite' })
      .filter((text) => text.length <= 50),
  },
  { requiredKeys: [] },
);

const isAllowed = (strategy: string, { assign_membership_on_login, is_signup_enabled, show_as_button }: Settings) =>
  !(is_signup_enabled && !(strategy === 'auth0' && assign_membership_on_login)) &&
  !(show_as_button === false && strategy !== 'okta');

/** The row as the connections API shows it. */
function shown({ id, name, strategy }: CreatedConnection, settings: Settings) {
  const { is_signup_enabled, ...others } = { ...DEFAULTS, ...settings };
  return {
    connection_id: id,
    ...others,
    ...(strategy === 'auth0' ? { is_signup_enabled } : {}),
    connection: { name, strategy },
  };
}

const byId = (a: { connection_id: string }, b: { connection_id: string }) =>
  a.connection_id < b.connection_id ? -1 : 1;
const plain = ({ status, body }: Answer) => ({ status, body });

describe('Replacing the connections of an organization', () => {
  const app = useApp();
  let connections: CreatedConnection[];
  beforeAll(async () => {
    connections = await Promise.all(
      Array.from({ length: 8 }, (_, at) => createConnection(app.api, STRATEGIES[at % STRATEGIES.length])),
    );
  });

  const stored = (organizationId: string) =>
    app.sql('SELECT * FROM organization_connections WHERE organization_id = $1 ORDER BY connection_id', [
      organizationId,
    ]);

  /** Any list that is allowed: for each connection that is in it, its settings. */
  const anyList = fc
    .array(fc.option(anySettings), { minLength: 8, maxLength: 8 })
    .map((all) =>
      all.flatMap((settings, at) =>
        settings && isAllowed(STRATEGIES[at % STRATEGIES.length]!, settings) ? [{ at, settings }] : [],
      ),
    )
    .chain((list) => fc.shuffledSubarray(list, { minLength: list.length }));

  it('leaves exactly the list, whatever was there, says truly what it did, and does nothing when it is repeated', async () => {
    await fc.assert(
      fc.asyncProperty(anyList, anyList, fc.boolean(), async (before, after, byName) => {
        const { id } = await createOrganization(app.api);
        const path = `/organizations/${id}/connections`;
        const bodyOf = (list: typeof before) => ({
          connections: list.map(({ at, settings }) => ({
            ...(byName ? { connection_name: connections[at]!.name } : { connection_id: connections[at]!.id }),
            ...settings,
          })),
        });
        const rowsOf = (list: typeof before) =>
          list.map(({ at, settings }) => shown(connections[at]!, settings)).sort(byId);
        const [old, now] = [rowsOf(before), rowsOf(after)];
        expect(await app.api.put(path, bodyOf(before))).toMatchObject({ status: 200, body: { connections: old } });

        const same = (row: { connection_id: string }, rows: { connection_id: string }[]) =>
          rows.find(({ connection_id }) => connection_id === row.connection_id);
        const kept = now.filter((row) => same(row, old));
        const unchanged = kept.filter((row) => JSON.stringify(row) === JSON.stringify(same(row, old))).length;
        const summary = {
          added: now.length - kept.length,
          changed: kept.length - unchanged,
          removed: old.length - kept.length,
          unchanged,
        };
        const answer = await app.api.put(path, bodyOf(after));
        expect(plain(answer)).toEqual({ status: 200, body: { connections: now, summary } });
        expect((await app.api.get(path)).body).toEqual(now);

        const rows = await stored(id);
        expect(plain(await app.api.put(path, bodyOf(after)))).toEqual({
          status: 200,
          body: { connections: now, summary: { added: 0, changed: 0, removed: 0, unchanged: now.length } },
        });
        expect(await stored(id)).toEqual(rows);
      }),
      { numRuns: 60 },
    );
  });

  it('is never visible half done to concurrent readers: rows of both lists always exist', async () => {
    const { id } = await createOrganization(app.api);
    const path = `/organizations/${id}/connections`;
    const [stays, ...others] = connections as [CreatedConnection, ...CreatedConnection[]];
    const lists = [others.slice(0, 3), others.slice(3, 7)].map((some, which) =>
      [stays, ...some].map((connection) => ({ connection_id: connection.id, assign_membership_on_login: which === 0 })),
    );
    const rowsOf = (list: Row[]) =>
      list
        .map(({ connection_id, ...settings }) =>
          shown(
            connections.find((one) => one.id === connection_id)!,
            settings,
          ),
        )
        .sort(byId);
    const expected = lists.map(rowsOf);
    await app.api.put(path, { connections: lists[1] });

    let isDone = false;
    const seen = { lists: 0, rows: 0 };
    const readWithoutPause = async () => {
      while (!isDone) {
        const [list, row] = await Promise.all([app.api.get(path), app.api.get(`${path}/${stays.id}`)]);
        expect(expected).toContainEqual(list.body);
        expect(row.status).toBe(200);
        seen.lists++;
      }
    };
    const replaceOften = async () => {
      for (let round = 0; round < 100; round++) {
        expect((await app.api.put(path, { connections: lists[round % 2] })).status).toBe(200);
      }
      isDone = true;
    };
    const outcomes = await Promise.allSettled([replaceOften(), readWithoutPause(), readWithoutPause()]);
    isDone = true;
    expect(outcomes.filter(({ status }) => status === 'rejected')).toEqual([]);
    expect(seen.lists).toBeGreaterThan(10);
  });

  describe('has a plan', () => {
    let pool: pg.Pool;
    let context: INestApplicationContext;
    let service: OrganizationConnectionsService;
    beforeAll(async () => {
      pool = createPool(app.databaseUrl, { max: 2, waitMs: 10_000 });
      context = await NestFactory.createApplicationContext(AppModule.forRoot(testConfig(app.databaseUrl), pool), {
        logger: false,
      });
      service = context.get(OrganizationConnectionsService);
    });
    afterAll(() => context.close());

    const actor = new Actor({ subject: '' });
    const settings = DEFAULT_SETTINGS;

    it('that says what it would do, and does nothing', async () => {
      const { id } = await createOrganization(app.api);
      const [goes, changes, comes] = connections.slice(0, 3);
      for (const { id: connection_id } of [goes!, changes!]) {
        await app.api.post(`/organizations/${id}/connections`, { connection_id });
      }
      const before = await stored(id);
      const wanted = [
        { ...settings, connection: { name: comes!.name } },
        { ...settings, connection: { id: changes!.id }, isEnabled: false },
      ];
      const plan = await service.planReplacement(id, wanted);
      const { added, changed, removed, unchanged } = plan.difference;
      expect([added, removed, unchanged].map((rows) => rows.map(({ connectionName }) => connectionName))).toEqual([
        [comes!.name],
        [goes!.name],
        [],
      ]);
      expect(changed.map(({ before: { isEnabled }, after }) => [isEnabled, after.isEnabled])).toEqual([[true, false]]);
      expect(await stored(id)).toEqual(before);
      const { stored: written, ...done } = await service.replace(actor, id, wanted, Preconditions.NONE);
      expect(done).toEqual(plan);
      expect(written).toHaveLength(2);
    });

    it('that is refused for the same reasons', async () => {
      const { id } = await createOrganization(app.api);
      const wanted = [{ ...settings, connection: { id: connections[0]!.id }, isSignupEnabled: true }];
      const refused = { code: 'signup_not_supported', place: 'connections.0' };
      await expect(service.planReplacement(id, wanted)).rejects.toMatchObject(refused);
      await expect(service.replace(actor, id, wanted, Preconditions.NONE)).rejects.toMatchObject(refused);
      const unknown = 'org_0000000000000000';
      await expect(service.planReplacement(unknown, [])).rejects.toMatchObject({ code: 'organization_not_found' });
    });
  });
});

type Step = { op: 'add' | 'update' | 'remove'; organization: number; connection: number; settings: Settings };

describe('Operations in bulk', () => {
  const app = useApp({ env: { MAX_CONNECTIONS_PER_ORGANIZATION: '2' } });

  const anyStep = fc.record<Step>({
    op: fc.constantFrom('add', 'update', 'update', 'remove'),
    organization: fc.nat({ max: 2 }),
    connection: fc.nat({ max: 4 }),
    settings: anySettings,
  });

  it('come to what the requests for each of them come to, one after the other', async () => {
    const connections = await Promise.all(STRATEGIES.map((strategy) => createConnection(app.api, strategy)));
    // The last is nobody's.
    const ids = [...connections.map(({ id }) => id), 'con_0000000000000000'];
    const createTwo = async () => Promise.all([createOrganization(app.api), createOrganization(app.api)]);

    await fc.assert(
      fc.asyncProperty(fc.array(anyStep, { minLength: 1, maxLength: 12 }), async (steps) => {
        const [bulk, single] = await Promise.all([createTwo(), createTwo()]);
        const unknown = { id: 'org_0000000000000000' };
        const idIn = (organizations: { id: string }[], which: number) => [...organizations, unknown][which]!.id;

        const operations = steps.map(({ op, organization, connection, settings }) => ({
          op,
          organization_id: idIn(bulk, organization),
          connection_id: ids[connection],
          ...(op === 'remove' ? {} : settings),
        }));
        const answer = await app.api.post<{ results: object[] }>('/organizations/connections/bulk', { operations });

        const results: object[] = [];
        for (const { op, organization, connection, settings } of steps) {
          const path = `/organizations/${idIn(single, organization)}/connections`;
          const one = `${path}/${ids[connection]}`;
          const { status, body } = await (op === 'add'
            ? app.api.post(path, { connection_id: ids[connection], ...settings })
            : op === 'update'
              ? app.api.patch(one, settings)
              : app.api.delete(one));
          if (status >= 400) results.push({ status: 'error', error: body });
          else if (op === 'remove') results.push({ status: 'removed' });
          else results.push({ status: op === 'add' ? 'added' : 'updated', connection: body });
        }
        expect({ status: answer.status, results: answer.body.results }).toEqual({ status: 200, results });
        for (const which of [0, 1]) {
          const [one, other] = await Promise.all(
            [bulk, single].map((some) => app.api.get(`/organizations/${some[which]!.id}/connections`)),
          );
          expect(one!.body).toEqual(other!.body);
        }
      }),
      { numRuns: 60 },
    );
  });
});

describe('Many changes of many rows at once', () => {
  const app = useApp();
  // Of one row's changes each server does one at a time; with two it is Postgres that decides.
  let servers: [Api, Api];
  let stop: () => Promise<void>;
  beforeAll(async () => {
    const second = await startApp({ database: { url: app.databaseUrl, drop: () => Promise.resolve() } });
    ({ stop } = second);
    servers = [app.api, second.app.api];
  });
  afterAll(() => stop());

  const inTurns = (at: number) => servers[at % 2]!;
  const documented = (answers: Answer[], ...refused: { status: number; body: object }[]) => {
    const expected = [...refused, refusals.rowLocked];
    for (const answer of answers) if (answer.status >= 300) expect(expected).toContainEqual(plain(answer));
  };
  const deadlocks = async () =>
    (
      await app.sql<{ count: number }>(
        'SELECT deadlocks::int AS count FROM pg_stat_database WHERE datname = current_database()',
      )
    )[0]!.count;
  const expectNoBrokenRule = async () => {
    const broken = `
      SELECT FROM organization_connections oc JOIN connections c ON c.id = oc.connection_id
       WHERE oc.strategy_kind <> c.strategy_kind
          OR is_signup_enabled AND NOT (c.strategy_kind = 'database' AND assign_membership_on_login)
          OR NOT oc.show_as_button AND c.strategy_kind <> 'enterprise'`;
    expect(await app.sql(broken)).toEqual([]);
  };

  it('leave one of twenty lists, with PATCHes on top, when 200 PATCHes come between twenty PUTs', async () => {
    const { id } = await createOrganization(app.api);
    const path = `/organizations/${id}/connections`;
    const connections = await Promise.all(
      Array.from({ length: 12 }, (_, at) => createConnection(app.api, STRATEGIES[at % 2])),
    );
    // Each list has connections of its own choice, and says in each row whose it is.
    const lists = Array.from({ length: 20 }, (_, list) =>
      connections
        .filter((_, at) => at < 2 || (at * 7 + list) % 3 === 0)
        .map((connection) => ({ connection_id: connection.id, organization_connection_name: `list ${list}` })),
    );
    await app.api.put(path, { connections: lists[0] });

    const puts = lists.map((list, at) => () => inTurns(at).put(path, { connections: list }));
    const bodies = [
      { assign_membership_on_login: true },
      { is_signup_enabled: true },
      { assign_membership_on_login: false },
      { show_as_button: false },
    ];
    const patches = Array.from(
      { length: 200 },
      (_, at) => () => inTurns(at).patch(`${path}/${connections[at % 12]!.id}`, bodies[at % bodies.length]),
    );
    const all = [...patches];
    puts.forEach((put, at) => all.splice(at * 11, 0, put));
    const answers = await Promise.all(all.map((send) => send()));

    documented(
      answers,
      refusals.organizationConnectionNotFound,
      refusals.signupNotSupported,
      refusals.hiddenButtonNotSupported,
    );
    const done = answers.filter(({ body }) => (body as { summary?: object } | undefined)?.summary);
    expect(done.length).toBeGreaterThan(0);
    const { body: rows } = await app.api.get<(Row & { connection: object })[]>(path);
    const [first] = rows;
    const list = lists[Number(first!.organization_connection_name!.replace('list ', ''))]!;
    const names = (some: Row[]) =>
      some.map(({ connection_id, organization_connection_name }) => ({ connection_id, organization_connection_name }));
    expect(names(rows)).toEqual([...list].sort(byId));
    await expectNoBrokenRule();
  });

  it('end within the rules, without a deadlock, when bulks and PUTs come in every order while connections and an organization go', async () => {
    const organizations = await Promise.all(Array.from({ length: 12 }, () => createOrganization(app.api)));
    const connections = await Promise.all(
      Array.from({ length: 6 }, (_, at) => createConnection(app.api, STRATEGIES[at % 2])),
    );
    const pairs = organizations.flatMap(({ id: organization_id }) =>
      connections.map(({ id: connection_id }) => ({ organization_id, connection_id })),
    );
    expect(
      await app.api.post(
        '/organizations/connections/bulk',
        pairs.map((pair) => ({ op: 'add', ...pair })),
      ),
    ).toMatchObject({ body: { summary: { added: pairs.length } } });
    const before = await deadlocks();

    const shuffled = <T>(items: readonly T[], by: number) =>
      items
        .map((item, at) => [(at * by) % items.length, item] as const)
        .sort(([a], [b]) => a - b)
        .map(([, item]) => item);
    const bulks = Array.from({ length: 12 }, (_, round) => {
      const some = shuffled(pairs, [5, 7, 11, 13, 17, 19, 23, 25, 29, 31, 35, 37][round]!);
      const operations =
        round % 3 === 0
          ? // One row each of different organizations.
            organizations
              .map(({ id }, at) => ({
                op: 'update',
                organization_id: id,
                connection_id: connections[(at + round) % 6]!.id,
                is_enabled: false,
              }))
              .reverse()
          : some.map((pair, at) => ({
              op: round % 3 === 1 ? 'update' : (['remove', 'add'] as const)[at % 2],
              ...pair,
            }));
      return () => inTurns(round).post('/organizations/connections/bulk', { operations });
    });
    const puts = organizations.map(
      ({ id }, at) =>
        () =>
          inTurns(at).put(`/organizations/${id}/connections`, {
            connections: shuffled(connections, 5)
              .slice(at % 4)
              .map(({ name }) => ({ connection_name: name, assign_membership_on_login: true })),
          }),
    );
    const deletions = [
      () => servers[0].delete(`/connections/${connections[0]!.id}`),
      () => servers[1].delete(`/connections/${connections[5]!.id}`),
      () => servers[0].delete(`/organizations/${organizations[3]!.id}`),
    ];
    const moves = [
      () =>
        servers[1].post(`/connections/${connections[1]!.id}/organizations/replace-with`, {
          connection_name: connections[3]!.name,
        }),
      () =>
        servers[0].post(`/connections/${connections[2]!.id}/organizations/replace-with`, {
          connection_name: connections[4]!.name,
        }),
    ];
    const all = [...bulks];
    [...puts, ...moves, ...deletions].forEach((send, at) => all.splice((at * 5) % (all.length + 1), 0, send));
    const answers = await Promise.all(all.map((send) => send()));

    for (const answer of answers) expect(answer.status < 500 || answer.status === 503).toBe(true);
    expect(await deadlocks()).toBe(before);
    await expectNoBrokenRule();
    const gone = [organizations[3]!.id, connections[0]!.id, connections[5]!.id];
    expect(
      await app.sql(
        'SELECT FROM organization_connections WHERE organization_id = ANY ($1) OR connection_id = ANY ($1)',
        [gone],
      ),
    ).toEqual([]);
    const tooMany = 'SELECT FROM organization_connections GROUP BY organization_id HAVING count(*) > 10';
    expect(await app.sql(tooMany)).toEqual([]);
  });

  it('give each organization exactly one of two connections when one is replaced by the other while rows change', async () => {
    const [one, other] = [await createConnection(app.api, 'okta'), await createConnection(app.api, 'okta')];
    const organizations = await Promise.all(Array.from({ length: 40 }, () => createOrganization(app.api)));
    const row = (connection_id: string) => (at: number) =>
      `/organizations/${organizations[at]!.id}/connections/${connection_id}`;
    await app.api.post(
      '/organizations/connections/bulk',
      organizations.map(({ id }) => ({ op: 'add', organization_id: id, connection_id: one.id })),
    );
    const patches = organizations.map((_, at) => () => inTurns(at).patch(row(one.id)(at), { show_as_button: false }));
    const replacing = () =>
      servers[0].post(`/connections/${one.id}/organizations/replace-with`, { connection_id: other.id });
    const answers = await Promise.all([...patches.slice(0, 20), replacing, ...patches.slice(20)].map((send) => send()));
    documented(answers, refusals.organizationConnectionNotFound);
    expect(plain(answers[20]!)).toEqual({ status: 200, body: { summary: { replaced: 40 } } });
    const patched = [...answers.slice(0, 20), ...answers.slice(21)];
    for (const [at, { status }] of patched.entries()) {
      const { body } = await app.api.get<Row[]>(`/organizations/${organizations[at]!.id}/connections`);
      // A PATCH that was answered is in the row that came of it.
      expect(body).toEqual([shown(other, { show_as_button: status !== 200 })]);
    }
  });
});

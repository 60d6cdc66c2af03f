import pg from 'pg';
import { useApp } from '../support/app.js';
import { eventually } from '../support/clock.js';
import { refusals } from '../support/errors.js';
import {
  addDiscoveryDomain,
  createConnection,
  createMembers,
  createOrganization,
  createUser,
  uniqueName,
} from '../support/factories.js';
import { seedMembers } from '../support/seeds.js';

const OWNED = ['organization_connections', 'organization_members', 'organization_discovery_domains'];

describe('Deleting an organization', () => {
  const app = useApp();

  it('takes along everything it owns, and nothing else', async () => {
    const [gone, stays] = [await createMembers(app.api, 2), await createMembers(app.api, 2)];
    const connection = await createConnection(app.api);
    for (const { organization } of [gone, stays]) {
      await app.api.post(`/organizations/${organization.id}/enabled_connections`, { connection_id: connection.id });
      await addDiscoveryDomain(app.api, organization.id);
    }
    expect(await app.api.delete(`/organizations/${gone.organization.id}`)).toMatchObject({ status: 204 });
    for (const table of OWNED) {
      const left = await app.sql<{ id: string }>(`SELECT DISTINCT organization_id AS id FROM ${table}`);
      expect(left).toEqual([{ id: stays.organization.id }]);
    }
    const path = `/users/${encodeURIComponent(gone.users[0]!.user_id)}`;
    expect(await app.api.get(path)).toMatchObject({ status: 200 });
    expect((await app.api.get(`${path}/organizations`)).body).toEqual([]);
  });

  it('looks into every table that an organization owns', async () => {
    const tables = await app.sql<{ name: string }>(
      "SELECT conrelid::regclass::text AS name FROM pg_constraint WHERE contype = 'f' AND confrelid = 'organizations'::regclass",
    );
    expect(tables.map(({ name }) => name).sort()).toEqual([...OWNED].sort());
  });

  it('leaves no member behind when users are added while it goes', async () => {
    const organization = await createOrganization(app.api);
    const users = await Promise.all(Array.from({ length: 10 }, () => createUser(app.api)));
    const path = `/organizations/${organization.id}`;
    const answers = await Promise.all([
      ...users.map(({ user_id }) => app.api.post(`${path}/members`, { members: [user_id] })),
      app.api.delete(path),
    ]);
    for (const { status, body } of answers) {
      expect([{ status: 204, body: undefined }, refusals.organizationNotFound]).toContainEqual({ status, body });
    }
    const left = await app.sql('SELECT user_id FROM organization_members WHERE organization_id = $1', [
      organization.id,
    ]);
    expect(left).toEqual([]);
  });

  it('takes seconds with 100,000 members, and grows no faster than they do', async () => {
    const few = await timeDelete(10_000);
    const many = await timeDelete(100_000);
    expect(many).toBeLessThan(8_000);
    // Twice as slow a row as with a tenth of them would still be chance; a scan for each row is a factor of ten.
    expect(many).toBeLessThan(Math.max(few, 50) * 10 * 2);
  });

  /** Milliseconds. */
  async function timeDelete(members: number): Promise<number> {
    const { id } = await createOrganization(app.api);
    await seedMembers(app, id, members);
    await app.sql('ANALYZE');
    const start = performance.now();
    expect(await app.api.delete(`/organizations/${id}`)).toMatchObject({ status: 204 });
    return performance.now() - start;
  }
});

describe('A deletion that another transaction meets from the other end', () => {
  const app = useApp();
  const deadlocks = async () => {
    const [row] = await app.sql<{ count: number }>(
      'SELECT deadlocks::int AS count FROM pg_stat_database WHERE datname = current_database()',
    );
    return row!.count;
  };

  async function makeMembers() {
    const [organization, connection] = [await createOrganization(app.api), await createConnection(app.api)];
    // A deletion finds them by id or in the order they were made. Here that is the same.
    const key = uniqueName('user');
    const first = await createUser(app.api, { connection: connection.name, user_id: `${key}-1` });
    const second = await createUser(app.api, { connection: connection.name, user_id: `${key}-2` });
    const members = [first.user_id, second.user_id];
    const path = `/organizations/${organization.id}`;
    await app.api.post(`${path}/members`, { members });
    return { path, members, connectionPath: `/connections/${connection.id}` };
  }
  type Made = Awaited<ReturnType<typeof makeMembers>>;

  /** Causes the deadlock as soon as another transaction waits for this one. */
  const lockOnceAwaited = (id: string) =>
    app.sql(`
      -- In one statement, and never the one to be broken off: whoever waits looks for a deadlock a second later, and once.
      SET LOCAL deadlock_timeout = '1min';
      DO $$
      BEGIN
        WHILE NOT EXISTS (SELECT FROM pg_locks WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))) LOOP
          PERFORM pg_sleep(0.01);
        END LOOP;
        PERFORM FROM organization_members WHERE user_id = ${pg.escapeLiteral(id)} FOR UPDATE;
      END $$`);

  it.each<[string, (made: Made) => Promise<{ status: number }>]>([
    ['an organization', ({ path }) => app.api.delete(path)],
    ['a connection', ({ connectionPath }) => app.api.delete(connectionPath)],
    ['members', ({ path, members }) => app.api.delete(`${path}/members`, { members })],
  ])('is done all the same: %s', async (_, remove) => {
    const before = await deadlocks();
    // One of the two orders is the one that the deletion does not have.
    for (const inOrder of [true, false]) {
      const made = await makeMembers();
      const [first, last] = inOrder ? made.members : [...made.members].reverse();
      const lock = (id: string) => app.sql('SELECT FROM organization_members WHERE user_id = $1 FOR UPDATE', [id]);
      await app.sql('BEGIN');
      // So that it is always the deletion that Postgres breaks off.
      await app.sql("SET LOCAL deadlock_timeout = '1min'");
      await lock(first!);
      const removing = remove(made);
      await lockOnceAwaited(last!);
      await app.sql('COMMIT');
      expect([202, 204]).toContain((await removing).status);
      expect(await app.sql('SELECT FROM organization_members WHERE user_id = ANY ($1)', [made.members])).toEqual([]);
    }
    expect(await eventually(deadlocks, (count) => count > before)).toBeGreaterThan(before);
  });
});

import pg from 'pg';
import { eventually } from '../support/clock.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { Checkout } from './checkout.js';

const ORGANIZATIONS = 100;

/** A statement that writes a row with this name waits while the test holds the lock. */
const HELD_UP = 'held up';
const HOLD_UP = `
  CREATE FUNCTION hold_up() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    WHILE NOT pg_try_advisory_xact_lock(1) LOOP PERFORM pg_sleep(0.01); END LOOP;
    RETURN NEW;
  END $$;
  CREATE TRIGGER hold_up BEFORE INSERT OR UPDATE ON organization_connections
    FOR EACH ROW WHEN (NEW.organization_connection_name = '${HELD_UP}') EXECUTE FUNCTION hold_up();`;

const SEED = `
  INSERT INTO connections (id, name, strategy, strategy_kind, authentication, connected_accounts)
  SELECT 'con_' || repeat(n::text, 16), 'connection-' || n, 'okta', 'enterprise', '{}', '{}' FROM generate_series(1, 3) n;
  INSERT INTO organizations (id, name)
  SELECT 'org_' || lpad(n::text, 16, '0'), 'organization-' || n FROM generate_series(0, ${ORGANIZATIONS - 1}) n;
  INSERT INTO organization_connections (organization_id, connection_id, strategy_kind)
  SELECT o.id, c.id, c.strategy_kind FROM organizations o, connections c WHERE c.name IN ('connection-1', 'connection-2');`;

const connection = (n: number) => `con_${String(n).repeat(16)}`;

/** An operation on a row of each organization; one in the middle of them is held up. */
const onEach = (op: string, connectionId: string) =>
  Array.from({ length: ORGANIZATIONS }, (_, n) => ({
    op,
    organization_id: `org_${String(n).padStart(16, '0')}`,
    connection_id: connectionId,
    ...(op === 'remove' ? {} : { organization_connection_name: n === ORGANIZATIONS / 2 ? HELD_UP : 'new' }),
  }));

const OF_EVERY_KIND = [
  ...onEach('remove', connection(1)),
  ...onEach('update', connection(2)),
  ...onEach('add', connection(3)),
];

describe('A server that is killed with SIGKILL in the middle', () => {
  let checkout: Checkout;
  let database: TestDatabase;
  let client: pg.Client;
  let token: string;

  beforeAll(async () => {
    [checkout, database] = await Promise.all([Checkout.create(), createDatabase()]);
    client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(SEED);
    await client.query(HOLD_UP);
  });
  afterAll(async () => {
    await checkout.remove();
    await client.end();
    await database.drop();
  });

  const rows = async () => {
    const text = 'SELECT * FROM organization_connections ORDER BY organization_id, connection_id';
    return (await client.query<{ organization_connection_name: string | null }>(text)).rows;
  };
  const sessions = async (condition: string) => {
    const { rows } = await client.query<{ count: number }>(
      `SELECT count(*)::int FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'vestibule' AND ${condition}`,
    );
    return rows[0]!.count;
  };

  async function start() {
    const env = { DATABASE_URL: database.url };
    const server = checkout.server(env);
    const { http } = await server.listening();
    token ??= (await checkout.vestibule(['token'], { PORT: '0', TLS_PORT: '0', ...env }).ended).stdout.trim();
    const send = (operation: string, body: object) => {
      const [method, path] = operation.split(' ');
      return fetch(`${http}/api/v2${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    };
    return { server, send };
  }

  const BULK = 'POST /organizations/connections/bulk';

  it.each<[string, string, object, object]>([
    ['a bulk', BULK, { operations: OF_EVERY_KIND }, { added: 100, updated: 100, removed: 100, failed: 0 }],
    [
      'a bulk that is atomic',
      BULK,
      { operations: OF_EVERY_KIND, atomic: true },
      { added: 100, updated: 100, removed: 100, failed: 0 },
    ],
    [
      'a bulk of updates',
      BULK,
      { operations: onEach('update', connection(2)) },
      { added: 0, updated: 100, removed: 0, failed: 0 },
    ],
    [
      'a replacement',
      'PUT /organizations/org_0000000000000000/connections',
      { connections: [{ connection_id: connection(3), organization_connection_name: HELD_UP }] },
      { added: 1, changed: 0, removed: 2, unchanged: 0 },
    ],
  ])('of %s has done nothing of it, and the next one does it all', async (_, operation, body, summary) => {
    const before = await rows();
    const killed = await start();
    await client.query('SELECT pg_advisory_lock(1)');
    const asked = killed.send(operation, body).then(
      () => 'answered',
      () => 'cut off',
    );
    await eventually(
      () => sessions("wait_event = 'PgSleep'"),
      (count) => count === 1,
    );
    await killed.server.stop('SIGKILL');
    expect(await asked).toBe('cut off');
    await client.query('SELECT pg_advisory_unlock(1)');
    await eventually(
      () => sessions('true'),
      (count) => count === 0,
    );
    expect(await rows()).toEqual(before);

    const next = await start();
    const answer = await next.send(operation, body);
    expect({ status: answer.status, body: await answer.json() }).toMatchObject({ status: 200, body: { summary } });
    expect((await rows()).filter((row) => row.organization_connection_name === HELD_UP).length).toBeGreaterThan(0);
    await next.server.stop();
    await client.query('DELETE FROM organizations');
    await client.query('DELETE FROM connections');
    await client.query(SEED);
  });
});

import { startApp, type TestApp } from '../support/app.js';
import type { Answer, Api } from '../support/api.js';
import { eventually } from '../support/clock.js';
import { createDatabase, withAdmin } from '../support/databases.js';
import { refusals } from '../support/errors.js';
import { createConnection, createEnabled, createOrganization, createUser } from '../support/factories.js';

const ofStatus = (answers: Answer[], status: number) => answers.filter((answer) => answer.status === status);

/** Asked by another connection: within a transaction, a session sees who waits as it was at first. */
async function waitingSessions(database: string): Promise<number> {
  const waiting = "SELECT FROM pg_stat_activity WHERE datname = $1 AND wait_event_type = 'Lock'";
  return withAdmin(async (client) => (await client.query(waiting, [database])).rows.length);
}

/** A migrated database whose sessions begin transactions at this level unless they say otherwise. */
async function createDatabaseAt(level: string) {
  const database = await createDatabase();
  const name = new URL(database.url).pathname.slice(1);
  await withAdmin((client) => client.query(`ALTER DATABASE ${name} SET default_transaction_isolation = '${level}'`));
  return database;
}

/** More than the places that are left in the first test. */
const SERVERS = 4;

describe.each(['repeatable read', 'serializable'])('On a database whose default isolation is %s', (level) => {
  let app: TestApp;
  // Of one row's changes each server does one at a time, so it takes several to have several transactions at once.
  let servers: Api[];
  let stops: (() => Promise<void>)[];
  beforeAll(async () => {
    const database = await createDatabaseAt(level);
    const kept = { ...database, drop: () => Promise.resolve() };
    const started = [await startApp({ database })];
    for (let at = 1; at < SERVERS; at++) started.push(await startApp({ database: kept }));
    app = started[0]!.app;
    servers = started.map((one) => one.app.api);
    // The one that drops the database comes last.
    stops = started.map((one) => one.stop).reverse();
  });
  afterAll(async () => {
    for (const stop of stops) await stop();
  });

  it('twenty concurrent adds to an organization with eight connections add two', async () => {
    const [organization, connections] = await Promise.all([
      createOrganization(app.api),
      Promise.all(Array.from({ length: 28 }, () => createConnection(app.api, 'okta'))),
    ]);
    const collection = `/organizations/${organization.id}/enabled_connections`;
    const add = ({ id }: { id: string }, at: number) => servers[at % SERVERS]!.post(collection, { connection_id: id });
    for (const connection of connections.slice(0, 8)) expect(await add(connection, 0)).toMatchObject({ status: 201 });

    // More than there are places have begun, and wait for the organization, when the first of them gets it.
    await app.sql('BEGIN');
    await app.sql('SELECT FROM organizations WHERE id = $1 FOR UPDATE', [organization.id]);
    const adding = Promise.all(connections.slice(8).map(add));
    await eventually(
      () => waitingSessions(new URL(app.databaseUrl).pathname.slice(1)),
      (count) => count === SERVERS,
    );
    await app.sql('COMMIT');
    const answers = await adding;
    expect(ofStatus(answers, 201)).toHaveLength(2);
    expect(ofStatus(answers, 400).map(({ body }) => body)).toEqual(
      Array<unknown>(18).fill(refusals.connectionLimitReached(10).body),
    );
    expect((await app.api.get<object[]>(collection)).body).toHaveLength(10);
  });

  it('one of two contradictory concurrent PATCHes succeeds, on each of fifty rows', async () => {
    const rows = await Promise.all(
      Array.from({ length: 50 }, () => createEnabled(app.api, 'auth0', { assign_membership_on_login: true })),
    );
    const answers = await Promise.all(
      rows.map(({ path }) =>
        Promise.all(
          [{ assign_membership_on_login: false }, { is_signup_enabled: true }].map((body, at) =>
            servers[at]!.patch(path, body),
          ),
        ),
      ),
    );
    for (const pair of answers) {
      expect(ofStatus(pair, 200)).toHaveLength(1);
      expect(ofStatus(pair, 400).map(({ body }) => body)).toEqual([refusals.signupNotSupported.body]);
    }
  });

  it('fifty concurrent PATCHes of one row and of one user all succeed, and no metadata is lost', async () => {
    const [{ path }, user] = await Promise.all([createEnabled(app.api, 'okta'), createUser(app.api)]);
    const keys = Array.from({ length: 50 }, (_, at) => `key${at}`);
    const answers = await Promise.all(
      keys.flatMap((key, at) => [
        servers[at % SERVERS]!.patch(path, { show_as_button: at % 2 === 0 }),
        servers[at % SERVERS]!.patch(`/users/${user.user_id}`, { user_metadata: { [key]: true } }),
      ]),
    );
    expect(ofStatus(answers, 200)).toHaveLength(100);
    const { body } = await app.api.get<{ user_metadata: object }>(`/users/${user.user_id}`);
    expect(Object.keys(body.user_metadata).sort()).toEqual([...keys].sort());
  });
});

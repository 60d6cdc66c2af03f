import { absent, itWantsAllOf } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { inPlace, refusals } from '../../support/errors.js';
import { createConnection, createOrganization, type CreatedConnection } from '../../support/factories.js';

interface Stored {
  connection_id: string;
  created_at: Date;
  updated_at: Date;
}

const NOTHING = { added: 0, changed: 0, removed: 0, unchanged: 0 };

describe('PUT /organizations/{id}/connections', () => {
  const app = useApp();

  const createPath = async () => `/organizations/${(await createOrganization(app.api)).id}/connections`;

  /** In the order of their ids, which is that of every list. */
  async function createConnections(...strategies: string[]): Promise<CreatedConnection[]> {
    const made = await Promise.all(strategies.map((strategy) => createConnection(app.api, strategy)));
    return made.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** The row as the connections API shows it. */
  const shown = ({ id, name, strategy }: CreatedConnection, settings: object = {}) => ({
    connection_id: id,
    assign_membership_on_login: false,
    ...(strategy === 'auth0' ? { is_signup_enabled: false } : {}),
    show_as_button: true,
    connection: { name, strategy },
    is_enabled: true,
    organization_access_level: 'none',
    ...settings,
  });

  const stored = (path: string) =>
    app.sql<Stored>('SELECT * FROM organization_connections WHERE organization_id = $1 ORDER BY connection_id', [
      path.split('/')[2],
    ]);

  const answer = (rows: object[], summary: Partial<typeof NOTHING>) => ({
    status: 200,
    body: { connections: rows, summary: { ...NOTHING, ...summary } },
  });

  itWantsAllOf(
    app,
    ['create:organization_connections', 'update:organization_connections', 'delete:organization_connections'],
    404,
    (api) => api.put(`/organizations/${absent.organization}/connections`, { connections: [] }),
  );

  const named = { connection_id: absent.connection };

  it.each<[string, unknown, string]>([
    ['no list', {}, "'Missing required property: connections'"],
    ['a bare list', [], "'Expected type object but found type array'"],
    ['a list of texts', { connections: ['a'] }, "'Expected type object but found type string' on property connections"],
    [
      'a row without a connection',
      { connections: [{}] },
      "'Missing required property: connection_id' on property connections.0",
    ],
    [
      'a row with both an id and a name',
      { connections: [named, { ...named, connection_name: 'a' }] },
      "'Cannot be sent together with connection_name' on property connections.1.connection_id",
    ],
    [
      'a connection id of another form',
      { connections: [{ connection_id: 'con_1' }] },
      "'Object didn't pass validation for format connection-id: con_1' on property connections.0.connection_id",
    ],
    [
      'an empty connection name',
      { connections: [{ connection_name: '' }] },
      "'String is too short (0 chars), minimum 1' on property connections.0.connection_name",
    ],
    [
      'a flag that is none',
      { connections: [named, { connection_name: 'a', is_enabled: 'yes' }] },
      "'Expected type boolean but found type string' on property connections.1.is_enabled",
    ],
    [
      'an unknown property',
      { connections: [{ ...named, connection: {} }] },
      "'Additional properties not allowed: connection' on property connections.0",
    ],
    ['a property beside the list', { connections: [], total: 0 }, "'Additional properties not allowed: total'"],
  ])('returns 400 for %s', async (_, body, detail) => {
    expectAnswer(await app.api.put(await createPath(), body), refusals.invalidBody(detail));
  });

  describe('returns 400, names the first row that is wrong, and changes nothing:', () => {
    async function createRow() {
      const [path, connection] = [await createPath(), await createConnection(app.api)];
      expect((await app.api.post(path, { connection_id: connection.id })).status).toBe(201);
      const before = await stored(path);
      return { path, connection, expectUntouched: async () => expect(await stored(path)).toEqual(before) };
    }

    it.each([{ connection_id: absent.connection }, { connection_name: 'no-such-connection' }])(
      'an unknown connection, %j',
      async (unknown) => {
        const { path, connection, expectUntouched } = await createRow();
        const [other] = await createConnections('okta');
        const connections = [
          { connection_name: other!.name },
          unknown,
          { connection_name: connection.name, show_as_button: false },
        ];
        expectAnswer(
          await app.api.put(path, { connections }),
          inPlace('connections.1', refusals.connectionInBodyUnknown),
        );
        await expectUntouched();
      },
    );

    it('flags that the connection cannot have', async () => {
      const { path, connection, expectUntouched } = await createRow();
      const [other] = await createConnections('okta');
      const row = { connection_id: connection.id };
      expectAnswer(
        await app.api.put(path, { connections: [{ ...row, is_signup_enabled: true }, { connection_id: other!.id }] }),
        inPlace('connections.0', refusals.signupNotSupported),
      );
      expectAnswer(
        await app.api.put(path, { connections: [{ connection_id: other!.id }, { ...row, show_as_button: false }] }),
        inPlace('connections.1', refusals.hiddenButtonNotSupported),
      );
      await expectUntouched();
    });

    it('the same connection twice, be it by id or by name', async () => {
      const { path, connection, expectUntouched } = await createRow();
      const [other] = await createConnections('okta');
      const ways = [{ connection_id: connection.id }, { connection_name: connection.name }];
      for (const first of ways) {
        for (const second of ways) {
          expectAnswer(
            await app.api.put(path, { connections: [{ connection_id: other!.id }, first, second] }),
            inPlace('connections.2', refusals.connectionNamedTwice(1)),
          );
        }
      }
      await expectUntouched();
    });

    it('an eleventh connection', async () => {
      const { path, expectUntouched } = await createRow();
      const connections = (await createConnections(...Array<string>(11).fill('okta'))).map(({ id }) => ({
        connection_id: id,
      }));
      expectAnswer(await app.api.put(path, { connections }), refusals.connectionLimitReached());
      await expectUntouched();
    });
  });

  it('returns 404 for an unknown organization', async () => {
    const { name } = await createConnection(app.api);
    const connections = [{ connection_name: name }];
    expectAnswer(
      await app.api.put(`/organizations/${absent.organization}/connections`, { connections }),
      refusals.organizationNotFound,
    );
  });

  it('puts rows where there were none, with the defaults of a row that is added, ordered by connection id', async () => {
    const [path, [first, second]] = [await createPath(), await createConnections('auth0', 'okta')];
    const rows = [shown(first!), shown(second!, { show_as_button: true, organization_connection_name: 'Staff' })];
    const connections = [
      { connection_name: second!.name, organization_connection_name: 'Staff' },
      { connection_id: first!.id },
    ];
    expectAnswer(await app.api.put(path, { connections }), answer(rows, { added: 2 }));
    expectAnswer(await app.api.get(path), { status: 200, body: rows });
  });

  it('sets everything that can be set', async () => {
    const [path, [connection]] = [await createPath(), await createConnections('okta')];
    const settings = {
      assign_membership_on_login: true,
      show_as_button: false,
      is_enabled: false,
      organization_access_level: 'limited',
      organization_member_access_level: 'full',
      organization_connection_name: '"{a,b}" \\ 😀 NULL',
    };
    const rows = [shown(connection!, settings)];
    const connections = [{ connection_id: connection!.id, ...settings }];
    expectAnswer(await app.api.put(path, { connections }), answer(rows, { added: 1 }));
    expectAnswer(await app.api.get(path), { status: 200, body: rows });
  });

  it('adds, changes and removes rows in one request, and does not write unchanged ones', async () => {
    const path = await createPath();
    const [stays, changes, goes, comes] = (await createConnections('auth0', 'auth0', 'auth0', 'auth0')) as [
      CreatedConnection,
      CreatedConnection,
      CreatedConnection,
      CreatedConnection,
    ];
    const membership = { assign_membership_on_login: true };
    for (const { id } of [stays, changes, goes]) await app.api.post(path, { connection_id: id, ...membership });
    const before = await stored(path);

    const connections = [
      { connection_name: comes.name },
      { connection_name: changes.name, ...membership, is_signup_enabled: true },
      { connection_id: stays.id, ...membership },
    ];
    const rows = [shown(stays, membership), shown(changes, { ...membership, is_signup_enabled: true }), shown(comes)];
    expectAnswer(
      await app.api.put(path, { connections }),
      answer(rows, { added: 1, changed: 1, removed: 1, unchanged: 1 }),
    );
    expectAnswer(await app.api.get(path), { status: 200, body: rows });

    const [wasStaying, wasChanging] = before;
    const [nowStaying, nowChanging] = await stored(path);
    expect(nowStaying).toEqual(wasStaying);
    expect(nowChanging!.created_at).toEqual(wasChanging!.created_at);
    expect(nowChanging!.updated_at.getTime()).toBeGreaterThan(wasChanging!.updated_at.getTime());
  });

  it('resets settings that a row leaves out to their defaults', async () => {
    const [path, [connection]] = [await createPath(), await createConnections('okta')];
    const settings = {
      assign_membership_on_login: true,
      show_as_button: false,
      is_enabled: false,
      organization_access_level: 'full',
      organization_member_access_level: 'limited',
      organization_connection_name: 'Staff',
    };
    await app.api.post(path, { connection_id: connection!.id, ...settings });
    const connections = [{ connection_id: connection!.id }];
    expectAnswer(await app.api.put(path, { connections }), answer([shown(connection!)], { changed: 1 }));
  });

  it('changes nothing when it is sent again, not even a time', async () => {
    const [path, made] = [await createPath(), await createConnections('okta', 'auth0', 'github')];
    const connections = made.map(({ id }) => ({ connection_id: id, assign_membership_on_login: true }));
    const rows = made.map((connection) => shown(connection, { assign_membership_on_login: true }));
    expectAnswer(await app.api.put(path, { connections }), answer(rows, { added: 3 }));
    const before = await stored(path);
    expectAnswer(await app.api.put(path, { connections: connections.reverse() }), answer(rows, { unchanged: 3 }));
    expect(await stored(path)).toEqual(before);
  });

  it('removes everything with an empty list', async () => {
    const [path, [connection]] = [await createPath(), await createConnections('okta')];
    await app.api.post(path, { connection_id: connection!.id, is_enabled: false });
    expectAnswer(await app.api.put(path, { connections: [] }), answer([], { removed: 1 }));
    expectAnswer(await app.api.get(path), { status: 200, body: [] });
    expectAnswer(await app.api.put(path, { connections: [] }), answer([], {}));
  });

  it('replaces ten connections by ten others', async () => {
    const path = await createPath();
    for (let round = 0; round < 2; round++) {
      const made = await createConnections(...Array<string>(10).fill('okta'));
      const connections = made.map(({ id }) => ({ connection_id: id }));
      expectAnswer(
        await app.api.put(path, { connections }),
        answer(
          made.map((connection) => shown(connection)),
          { added: 10, removed: round * 10 },
        ),
      );
    }
  });

  it('accepts a form as well as JSON', async () => {
    const [path, [connection]] = [await createPath(), await createConnections('okta')];
    const body = new URLSearchParams({
      'connections[0][connection_name]': connection!.name,
      'connections[0][show_as_button]': 'false',
    });
    expectAnswer(
      await app.api.request('PUT', path, { body }),
      answer([shown(connection!, { show_as_button: false })], { added: 1 }),
    );
  });
});

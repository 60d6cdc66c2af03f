import { SCOPES } from '../../../src/auth/scopes.js';
import { absent, itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import type { Answer } from '../../support/api.js';
import { useApp } from '../../support/app.js';
import { inPlace, refusals } from '../../support/errors.js';
import {
  createConnection,
  createOrganization,
  type CreatedConnection,
  type CreatedOrganization,
} from '../../support/factories.js';

const PATH = '/organizations/connections/bulk';
const LINES = 'application/x-ndjson';
const MEMBERSHIP = { assign_membership_on_login: true };

const removed = { status: 'removed' };
const failed = ({ body }: { body: object }) => ({ status: 'error', error: body });

/** The row as the connections API shows it. */
const row = ({ id, name, strategy }: CreatedConnection, settings: object = {}) => ({
  connection_id: id,
  assign_membership_on_login: false,
  ...(strategy === 'auth0' ? { is_signup_enabled: false } : {}),
  show_as_button: true,
  connection: { name, strategy },
  is_enabled: true,
  organization_access_level: 'none',
  ...settings,
});

const added = (connection: CreatedConnection, settings?: object) => ({
  status: 'added',
  connection: row(connection, settings),
});
const updated = (connection: CreatedConnection, settings?: object) => ({
  status: 'updated',
  connection: row(connection, settings),
});

/** With the counts that the results have. */
const answer = (results: { status: string }[]) => {
  const count = (status: string) => results.filter((result) => result.status === status).length;
  const summary = {
    added: count('added'),
    updated: count('updated'),
    removed: count('removed'),
    failed: count('error'),
  };
  return { status: 200, body: { results, summary } };
};

const lines = (operations: object[]) => operations.map((operation) => `${JSON.stringify(operation)}\n`).join('');

describe('POST /organizations/connections/bulk', () => {
  const app = useApp();

  const sendLines = (text: string, query = '', type = LINES): Promise<Answer> =>
    app.api.request('POST', `${PATH}${query}`, { headers: { 'content-type': type }, body: text });

  const pathOf = ({ id }: CreatedOrganization) => `/organizations/${id}/connections`;
  const listed = async (organization: CreatedOrganization) => (await app.api.get(pathOf(organization))).body;
  const stored = () => app.sql('SELECT * FROM organization_connections ORDER BY organization_id, connection_id');

  const createTwo = async <T>(make: () => Promise<T>): Promise<[T, T]> => [await make(), await make()];
  const createOrganizations = () => createTwo(() => createOrganization(app.api));
  const createConnections = (strategy?: string) => createTwo(() => createConnection(app.api, strategy));

  const target = (organization: CreatedOrganization, connection: CreatedConnection) => ({
    organization_id: organization.id,
    connection_id: connection.id,
  });

  describe('access', () => {
    itIsGuardedBy(
      app,
      {
        'create:organization_connections': 200,
        'update:organization_connections': 200,
        'delete:organization_connections': 200,
      },
      (api) => api.post(PATH, []),
    );

    it.each([
      ['add', 'create:organization_connections'],
      ['update', 'update:organization_connections'],
      ['remove', 'delete:organization_connections'],
    ] as const)('returns 403 without the scope to %s, and changes nothing', async (op, scope) => {
      const [[one, two], [connection]] = [await createOrganizations(), await createConnections()];
      const others = ['add', 'update', 'remove'].filter((other) => other !== op);
      for (const organization of [one, two]) await app.api.post(pathOf(organization), { connection_id: connection.id });
      const before = await stored();
      const operations = [...others, op].map((some) => ({ op: some, ...target(some === op ? one : two, connection) }));
      const api = app.api.as(await app.issuer.token({ scopes: SCOPES.filter((some) => some !== scope) }));
      expectAnswer(await api.post(PATH, { operations }), refusals.insufficientScope(scope));
      expectAnswer(
        await api.request('POST', PATH, { headers: { 'content-type': LINES }, body: lines(operations) }),
        refusals.insufficientScope(scope),
      );
      expect(await stored()).toEqual(before);
    });

    it.each([
      ['add', 'create:organization_connections'],
      ['update', 'update:organization_connections'],
      ['remove', 'delete:organization_connections'],
    ] as const)('is allowed with only the scope to %s', async (op, scope) => {
      const [organization, connection] = [await createOrganization(app.api), await createConnection(app.api)];
      if (op !== 'add') await app.api.post(pathOf(organization), { connection_id: connection.id });
      const api = app.api.as(await app.issuer.token({ scopes: [scope] }));
      expect(await api.post(PATH, [{ op, ...target(organization, connection) }])).toMatchObject({
        status: 200,
        body: { summary: { failed: 0 } },
      });
    });
  });

  const NAMED = { organization_name: 'acme', connection_name: 'okta' };

  it.each<[string, unknown, string]>([
    ['no operations', {}, "'Missing required property: operations'"],
    ['a text', { operations: 'a' }, "'Expected type array but found type string' on property operations"],
    ['a list of texts', ['a'], "'Expected type object but found type string' on property operations"],
    ['a list with a null', [null], "'Expected type object but found type null' on property operations"],
    ['no op', [NAMED], "'Missing required property: op' on property operations.0"],
    ['an unknown op', [{ op: 'put', ...NAMED }], "'No enum match for: put' on property operations.0.op"],
    [
      'no organization',
      [
        { op: 'remove', ...NAMED },
        { op: 'add', connection_name: 'okta' },
      ],
      "'Missing required property: organization_id' on property operations.1",
    ],
    [
      'no connection',
      [{ op: 'add', organization_name: 'acme' }],
      "'Missing required property: connection_id' on property operations.0",
    ],
    [
      'an organization by id and by name',
      [{ op: 'add', ...NAMED, organization_id: absent.organization }],
      "'Cannot be sent together with organization_name' on property operations.0.organization_id",
    ],
    [
      'a connection by id and by name',
      [{ op: 'add', ...NAMED, connection_id: absent.connection }],
      "'Cannot be sent together with connection_name' on property operations.0.connection_id",
    ],
    [
      'a flag that is none',
      [{ op: 'update', ...NAMED, show_as_button: null }],
      "'Expected type boolean but found type null' on property operations.0.show_as_button",
    ],
    [
      'a name too long',
      [{ op: 'update', ...NAMED, organization_connection_name: 'a'.repeat(51) }],
      "'String is too long (51 chars), maximum 50' on property operations.0.organization_connection_name",
    ],
    [
      'an unknown property',
      [{ op: 'add', ...NAMED, enabled: true }],
      "'Additional properties not allowed: enabled' on property operations.0",
    ],
    [
      'settings of a row to be removed',
      [{ op: 'remove', ...NAMED, is_enabled: false }],
      "'Additional properties not allowed: is_enabled' on property operations.0",
    ],
    [
      'an unknown property beside the operations',
      { operations: [], dry_run: true },
      "'Additional properties not allowed: dry_run'",
    ],
    [
      'atomic that is no flag',
      { operations: [], atomic: 'true' },
      "'Expected type boolean but found type string' on property atomic",
    ],
    [
      'more than 1,000 operations',
      Array.from({ length: 1_001 }, () => ({ op: 'remove', ...NAMED })),
      "'Array is too long (1001), maximum 1000' on property operations",
    ],
  ])('returns 400 for %s, and does none of it', async (_, body, detail) => {
    expectAnswer(await app.api.post(PATH, body), refusals.invalidBody(detail));
  });

  it('returns 400 for an unknown query parameter, or an atomic that is not a boolean', async () => {
    expectAnswer(
      await app.api.post(`${PATH}?atomically=true`, []),
      refusals.invalidQuery("'Additional properties not allowed: atomically'"),
    );
    expectAnswer(
      await app.api.post(`${PATH}?atomic=yes`, []),
      refusals.invalidQuery("'Expected type boolean but found type string' on property atomic"),
    );
  });

  it('does nothing for an empty list', async () => {
    for (const body of [[], { operations: [] }, { operations: [], atomic: true }]) {
      expectAnswer(await app.api.post(PATH, body), answer([]));
    }
  });

  it('adds, changes and removes rows of several organizations, named by id or by name', async () => {
    const [[one, two], [first, second]] = [await createOrganizations(), await createConnections('okta')];
    await app.api.post(pathOf(one), { connection_id: first.id, organization_connection_name: 'Staff' });
    await app.api.post(pathOf(two), { connection_id: first.id });
    const levels = { organization_access_level: 'full', organization_member_access_level: 'readonly' };
    const settings = { ...MEMBERSHIP, show_as_button: false, is_enabled: false, ...levels };
    expectAnswer(
      await app.api.post(PATH, {
        operations: [
          { op: 'add', organization_name: one.name, connection_name: second.name, ...settings },
          { op: 'update', organization_name: one.name, connection_id: first.id, organization_access_level: 'limited' },
          { op: 'remove', organization_id: two.id, connection_name: first.name },
          { op: 'add', ...target(two, second), is_enabled: null, organization_connection_name: 'Contractors' },
        ],
      }),
      answer([
        added(second, settings),
        updated(first, { organization_access_level: 'limited', organization_connection_name: 'Staff' }),
        removed,
        added(second, { organization_connection_name: 'Contractors' }),
      ]),
    );
    expect(await listed(one)).toEqual(
      [
        row(first, { organization_access_level: 'limited', organization_connection_name: 'Staff' }),
        row(second, settings),
      ].sort((a, b) => (a.connection_id < b.connection_id ? -1 : 1)),
    );
    expect(await listed(two)).toEqual([row(second, { organization_connection_name: 'Contractors' })]);
  });

  it.each(['one row each of different organizations', 'two rows of one'])(
    'changes what is sent and nothing else: %s',
    async (which) => {
      const [organizations, connections] = [await createOrganizations(), await createConnections('okta')];
      const [one, two] = which.startsWith('two') ? [organizations[0], organizations[0]] : organizations;
      const [first, second] = connections;
      const settings = { ...MEMBERSHIP, is_enabled: false, organization_access_level: 'full' };
      const before = { ...settings, organization_connection_name: 'Staff' };
      await app.api.post(pathOf(one), { connection_id: first.id, ...before });
      await app.api.post(pathOf(two), { connection_id: second.id, ...before });
      expectAnswer(
        await app.api.post(PATH, [
          { op: 'update', ...target(two, second), show_as_button: false, organization_connection_name: null },
          { op: 'update', ...target(one, first), is_enabled: null, organization_access_level: null },
        ]),
        answer([
          updated(second, { ...settings, show_as_button: false }),
          updated(first, {
            ...MEMBERSHIP,
            is_enabled: true,
            organization_access_level: 'none',
            organization_connection_name: 'Staff',
          }),
        ]),
      );
    },
  );

  it('touches no row that no operation names, also of the same organization or the same connection', async () => {
    const [[one, two], [first, second]] = [await createOrganizations(), await createConnections()];
    for (const [organization, connection] of [
      [one, first],
      [one, second],
      [two, first],
    ] as const) {
      await app.api.post(pathOf(organization), { connection_id: connection.id });
    }
    const others = async () =>
      (await stored()).filter(({ organization_id: id, connection_id }) => id !== one.id || connection_id !== first.id);
    const before = await others();
    for (const operation of [
      { op: 'update', ...target(one, first), ...MEMBERSHIP },
      { op: 'remove', ...target(one, first) },
      { op: 'add', ...target(one, first) },
    ]) {
      expect(await app.api.post(PATH, [operation])).toMatchObject({ status: 200, body: { summary: { failed: 0 } } });
      expect(await others()).toEqual(before);
    }
  });

  /** Each refused for another reason, between operations that are not. */
  async function createRefused() {
    const [[one, two], [first, second]] = [await createOrganizations(), await createConnections()];
    const full = await createOrganization(app.api);
    const many = await Promise.all(Array.from({ length: 10 }, () => createConnection(app.api)));
    for (const { id } of many) await app.api.post(pathOf(full), { connection_id: id });
    await app.api.post(pathOf(one), { connection_id: first.id });
    const known = { organization_id: one.id };
    const operations: [object, object][] = [
      [{ op: 'add', ...target(two, first) }, added(first)],
      [
        { op: 'update', organization_id: absent.organization, connection_id: first.id },
        failed(refusals.organizationNotFound),
      ],
      [{ op: 'add', organization_name: 'nobody', connection_id: first.id }, failed(refusals.organizationNotFound)],
      [{ op: 'remove', organization_name: 'nobody', connection_name: 'none' }, failed(refusals.organizationNotFound)],
      [{ op: 'add', ...known, connection_id: absent.connection }, failed(refusals.connectionInBodyUnknown)],
      [{ op: 'add', ...known, connection_name: 'none' }, failed(refusals.connectionInBodyUnknown)],
      [{ op: 'add', ...target(one, first) }, failed(refusals.organizationConnectionExists)],
      [{ op: 'update', ...target(one, second) }, failed(refusals.organizationConnectionNotFound)],
      [{ op: 'update', ...known, connection_name: 'none' }, failed(refusals.organizationConnectionNotFound)],
      [{ op: 'update', ...target(one, first), is_signup_enabled: true }, failed(refusals.signupNotSupported)],
      [{ op: 'update', ...target(one, first), show_as_button: false }, failed(refusals.hiddenButtonNotSupported)],
      [{ op: 'add', ...target(one, second), is_signup_enabled: true }, failed(refusals.signupNotSupported)],
      [{ op: 'add', ...target(full, second) }, failed(refusals.connectionLimitReached())],
      [{ op: 'update', ...target(one, first), ...MEMBERSHIP }, updated(first, MEMBERSHIP)],
    ];
    return { operations, rows: [one, two] };
  }

  it('applies the others when some operations are refused, with the reasons', async () => {
    const {
      operations,
      rows: [one, two],
    } = await createRefused();
    const results = operations.map(([, result]) => result as { status: string });
    const expected = answer(results);
    expectAnswer(
      await app.api.post(
        PATH,
        operations.map(([operation]) => operation),
      ),
      expected,
    );
    expect(await listed(one!)).toEqual([(results.at(-1) as unknown as { connection: object }).connection]);
    expect(await listed(two!)).toEqual([(results[0] as unknown as { connection: object }).connection]);
  });

  it.each(['in the body', 'in the query, for a list', 'in the query, for JSON Lines', 'in the query, for an object'])(
    'does nothing at all when one is refused and it is atomic, and names the first: %s',
    async (way) => {
      const { operations } = await createRefused();
      const all = operations.map(([operation]) => operation);
      const send = (some: object[]) => {
        if (way === 'in the body') return app.api.post(PATH, { operations: some, atomic: true });
        if (way.endsWith('Lines')) return sendLines(lines(some), '?atomic=true');
        return app.api.post(`${PATH}?atomic=true`, way.endsWith('list') ? some : { operations: some, atomic: false });
      };
      const before = await stored();
      for (const [at, [refused, result]] of operations.slice(1, -1).entries()) {
        const { error } = result as { error: { statusCode: number } };
        const refusal = { status: error.statusCode, body: error as never };
        // Between two that are not; and with all that come after it.
        for (const rest of [all.slice(-1), all.slice(at + 2)]) {
          expectAnswer(await send([all[0]!, refused, ...rest]), inPlace('operations.1', refusal));
        }
      }
      expect(await stored()).toEqual(before);
    },
  );

  it('changes rows of different organizations but for one that is refused, and none when it is atomic', async () => {
    const [organizations, connection] = [await createOrganizations(), await createConnection(app.api)];
    const [one, two] = organizations;
    for (const organization of organizations) {
      await app.api.post(pathOf(organization), { connection_id: connection.id });
    }
    const operations = [
      { op: 'update', ...target(one, connection), ...MEMBERSHIP },
      { op: 'update', ...target(two, connection), is_signup_enabled: true },
    ];
    expectAnswer(
      await app.api.post(PATH, { operations, atomic: true }),
      inPlace('operations.1', refusals.signupNotSupported),
    );
    expect(await listed(one)).toEqual([row(connection)]);
    expectAnswer(
      await app.api.post(PATH, { operations }),
      answer([updated(connection, MEMBERSHIP), failed(refusals.signupNotSupported)]),
    );
    expect(await listed(one)).toEqual([row(connection, MEMBERSHIP)]);
    expect(await listed(two)).toEqual([row(connection)]);
  });

  it('does all of them when it is atomic and none is refused', async () => {
    const [[one, two], [first, second]] = [await createOrganizations(), await createConnections()];
    const operations = [
      { op: 'add', ...target(one, first) },
      { op: 'add', ...target(two, second) },
    ];
    expectAnswer(await app.api.post(PATH, { operations, atomic: true }), answer([added(first), added(second)]));
  });

  it('lets each operation see the changes of earlier ones', async () => {
    const [organization, connection] = [await createOrganization(app.api), await createConnection(app.api)];
    const named = { organization_name: organization.name, connection_id: connection.id };
    const signup = { ...MEMBERSHIP, is_signup_enabled: true };
    expectAnswer(
      await app.api.post(PATH, [
        { op: 'update', ...named, ...MEMBERSHIP },
        { op: 'add', ...target(organization, connection) },
        { op: 'add', ...named },
        { op: 'update', ...named, is_signup_enabled: true },
        { op: 'update', ...target(organization, connection), ...MEMBERSHIP },
        { op: 'update', ...named, is_signup_enabled: true },
        { op: 'update', ...named, assign_membership_on_login: false },
        { op: 'remove', ...named },
        { op: 'remove', ...named },
        { op: 'update', ...named, ...MEMBERSHIP },
        { op: 'add', ...named, ...signup },
      ]),
      answer([
        failed(refusals.organizationConnectionNotFound),
        added(connection),
        failed(refusals.organizationConnectionExists),
        failed(refusals.signupNotSupported),
        updated(connection, MEMBERSHIP),
        updated(connection, signup),
        failed(refusals.signupNotSupported),
        removed,
        removed,
        failed(refusals.organizationConnectionNotFound),
        added(connection, signup),
      ]),
    );
    expect(await listed(organization)).toEqual([row(connection, signup)]);
  });

  it('counts the connections of an organization as they are at each operation', async () => {
    const organization = await createOrganization(app.api);
    const all = await Promise.all(Array.from({ length: 11 }, () => createConnection(app.api)));
    const [last, ...ten] = all as [CreatedConnection, ...CreatedConnection[]];
    expectAnswer(
      await app.api.post(PATH, [
        ...ten.map((connection) => ({ op: 'add', ...target(organization, connection) })),
        { op: 'add', ...target(organization, last) },
        { op: 'remove', ...target(organization, ten[0]!) },
        { op: 'add', ...target(organization, last) },
        { op: 'add', ...target(organization, ten[0]!) },
      ]),
      answer([
        ...ten.map((connection) => added(connection)),
        failed(refusals.connectionLimitReached()),
        removed,
        added(last),
        failed(refusals.connectionLimitReached()),
      ]),
    );
    expect(await listed(organization)).toHaveLength(10);
  });

  it('does 1,000 of each in one request', async () => {
    const connection = await createConnection(app.api, 'okta');
    await app.sql(
      `INSERT INTO organizations (id, name) SELECT 'org_' || lpad(n::text, 16, '0'), 'thousand-' || n FROM generate_series(1, 1000) n`,
    );
    const operations = (op: string, settings: object = {}) =>
      Array.from({ length: 1_000 }, (_, at) => ({
        op,
        organization_name: `thousand-${at + 1}`,
        connection_name: connection.name,
        ...settings,
      }));
    for (const [sent, result] of [
      [
        operations('add', { organization_connection_name: '😀'.repeat(50) }),
        added(connection, { organization_connection_name: '😀'.repeat(50) }),
      ],
      [
        operations('update', { organization_connection_name: 'Staff' }),
        updated(connection, { organization_connection_name: 'Staff' }),
      ],
      [operations('remove'), removed],
    ] as const) {
      expectAnswer(await app.api.post(PATH, sent), answer(Array.from({ length: 1_000 }, () => result)));
    }
  });

  describe('with JSON Lines', () => {
    async function createOperations() {
      const [organization, connections] = [await createOrganization(app.api), await createConnections()];
      const operations = connections.map((connection) => ({ op: 'add', ...target(organization, connection) }));
      return { organization, operations, results: connections.map((connection) => added(connection)) };
    }

    it.each([LINES, 'application/jsonl', 'application/jsonl; charset=utf-8'])(
      'takes an operation a line: %s',
      async (type) => {
        const { operations, results } = await createOperations();
        expectAnswer(await sendLines(lines(operations), '', type), answer(results));
      },
    );

    it.each<[string, (text: string) => string]>([
      ['without an end of the last line', (text) => text.trimEnd()],
      ['that end as on Windows', (text) => text.replaceAll('\n', '\r\n')],
    ])('takes lines %s', async (_, change) => {
      const { operations, results } = await createOperations();
      expectAnswer(await sendLines(change(lines(operations))), answer(results));
    });

    it.each<[string, number, (text: string) => string]>([
      ['is half-written, as the last', 2, (text) => text.slice(0, -20)],
      ['is no JSON', 1, (text) => `{"op": add}\n${text}`],
      ['is empty', 1, (text) => `\n${text}`],
      ['is empty, as the last', 3, (text) => `${text}\n`],
      ['has two operations', 1, (text) => text.replace('\n', ' ')],
      ['would change what every object has', 1, (text) => text.replace('{', '{"__proto__": {}, ')],
    ])('returns 400 for a line that %s, names it, and does none of it', async (_, line, spoil) => {
      const { organization, operations } = await createOperations();
      expectAnswer(await sendLines(spoil(lines(operations))), inPlace(`line ${line}`, refusals.invalidJson));
      expect(await listed(organization)).toEqual([]);
    });

    it('returns 400 for a line nested deeper than 64', async () => {
      const deep = `${'['.repeat(65)}${']'.repeat(65)}`.padEnd(200);
      expectAnswer(
        await sendLines(`{}\n${deep}\n`),
        inPlace('line 2', refusals.invalidBody("'Objects and arrays are nested deeper than 64'")),
      );
    });

    it('returns 400 with the index for a line that is not an operation', async () => {
      const { operations } = await createOperations();
      expectAnswer(
        await sendLines(`${lines(operations)}1\n`),
        refusals.invalidBody("'Expected type object but found type integer' on property operations"),
      );
      expectAnswer(
        await sendLines(lines([...operations, { op: 'add' }])),
        refusals.invalidBody("'Missing required property: organization_id' on property operations.2"),
      );
    });

    it('has no operations without a line', async () => {
      expectAnswer(await sendLines(''), refusals.invalidBody("'Missing required property: operations'"));
    });

    it('is refused where a body is no list', async () => {
      const headers = { 'content-type': LINES };
      expectAnswer(
        await app.api.request('POST', '/organizations', { headers, body: '{"name":"acme"}\n' }),
        refusals.invalidBody("'Expected type object but found type array'"),
      );
    });
  });

  it('accepts a form as well', async () => {
    const [organization, connection] = [await createOrganization(app.api), await createConnection(app.api, 'okta')];
    const body = new URLSearchParams({
      'operations[0][op]': 'add',
      'operations[0][organization_name]': organization.name,
      'operations[0][connection_name]': connection.name,
      'operations[0][show_as_button]': 'false',
      atomic: 'true',
    });
    expectAnswer(await app.api.request('POST', PATH, { body }), answer([added(connection, { show_as_button: false })]));
  });
});

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { useApp } from '../support/app.js';
import { ENCRYPTION_KEY } from '../support/encryption.js';
import { createConnection, createOrganization, uniqueName } from '../support/factories.js';
import { Checkout } from './checkout.js';

const PORTS = { PORT: '0', TLS_PORT: '0' };

describe('A file of organizations', () => {
  const app = useApp();
  let checkout: Checkout;
  beforeAll(async () => {
    checkout = await Checkout.create();
  });
  afterAll(() => checkout.remove());

  const run = (...args: string[]) =>
    checkout.vestibule(args, { ...PORTS, DATABASE_URL: app.databaseUrl, ENCRYPTION_KEY, NO_COLOR: '1' }).ended;
  const write = async (content: string, name = `${uniqueName('file')}.yaml`) => {
    await writeFile(join(checkout.folder, name), content);
    return name;
  };
  const rowsOf = async (id: string) =>
    (await app.api.get<{ connection: { name: string } }[]>(`/organizations/${id}/connections`)).body;
  const organizationNamed = async (name: string) =>
    (await app.api.get<{ id: string; display_name?: string }>(`/organizations/name/${name}`)).body;

  async function createWorld() {
    const okta = await createConnection(app.api, 'okta');
    const database = await createConnection(app.api, 'auth0');
    const old = await createConnection(app.api, 'samlp');
    const organization = await createOrganization(app.api, {
      display_name: 'Globex',
      enabled_connections: [
        { connection_id: okta.id, assign_membership_on_login: true, show_as_button: false },
        { connection_id: old.id },
      ],
    });
    const file = await write(`
organizations:
  - name: ${organization.name}
    display_name: Globex Inc.
    connections:
      - name: ${okta.name}
        show_as_button: true
      - name: ${database.name}
        assign_membership_on_login: true
        is_signup_enabled: true
  - name: ${organization.name}-new
    metadata: { plan: gold }
    connections: []
`);
    return { okta, database, old, organization, file };
  }

  it('is planned, applied and planned again, and leaves alone what it does not mention', async () => {
    const { okta, database, old, organization, file } = await createWorld();
    const plan = `~ ${organization.name}
    display_name: "Globex" → "Globex Inc."
    ~ ${okta.name}
        show_as_button: false → true
    + ${database.name}
        assign_membership_on_login: true
        is_signup_enabled: true

+ ${organization.name}-new
    metadata: {"plan":"gold"}

Organizations: 1 to add, 1 to change, 0 to remove. Connections of organizations: 1 to add, 1 to change, 0 to remove.
`;
    const before = await rowsOf(organization.id);
    expect(await run('plan', file)).toEqual({ code: 2, signal: null, stdout: plan, stderr: '' });
    expect(await run('apply', file)).toEqual({
      code: 1,
      signal: null,
      stdout: plan,
      stderr: 'Standard input is not a terminal: say --yes to apply without being asked.\nNothing was changed.\n',
    });
    expect(await rowsOf(organization.id)).toEqual(before);

    expect(await run('apply', file, '--yes')).toEqual({
      code: 0,
      signal: null,
      stdout: `${plan}Applied to 2 of 2 organizations.\n`,
      stderr: '',
    });
    const rows = await rowsOf(organization.id);
    expect(new Set(rows.map(({ connection }) => connection.name))).toEqual(
      new Set([okta.name, database.name, old.name]),
    );
    expect(rows.find(({ connection }) => connection.name === okta.name)).toMatchObject({
      assign_membership_on_login: true,
      show_as_button: true,
    });
    expect(await organizationNamed(organization.name)).toMatchObject({ display_name: 'Globex Inc.' });
    expect(await organizationNamed(`${organization.name}-new`)).toMatchObject({ metadata: { plan: 'gold' } });
    for (const command of [['plan'], ['apply']]) {
      expect(await run(...command, file)).toEqual({ code: 0, signal: null, stdout: 'Nothing to do.\n', stderr: '' });
    }
  });

  it('removes the connections and organizations that it does not mention, with --prune', async () => {
    const { okta, old, organization } = await createWorld();
    const silent = await createOrganization(app.api, { enabled_connections: [{ connection_id: old.id }] });
    const everything = await run('export');
    const others = everything.stdout
      .split(/(?=^ {2}- name: )/m)
      .filter((part) => ![organization.name, silent.name].some((name) => part.startsWith(`  - name: ${name}\n`)));
    const file = await write(
      `${others.join('')}  - name: ${organization.name}\n    connections:\n      - name: ${okta.name}\n`,
    );
    const plan = `~ ${organization.name}
    - ${old.name}

- ${silent.name}

Organizations: 0 to add, 1 to change, 1 to remove. Connections of organizations: 0 to add, 0 to change, 1 to remove.
`;
    expect(await run('plan', file)).toMatchObject({ code: 0, stdout: 'Nothing to do.\n' });
    expect(await run('apply', file, '--prune', '--yes')).toEqual({
      code: 0,
      signal: null,
      stdout: `${plan}Applied to 2 of 2 organizations.\n`,
      stderr: '',
    });
    expect((await rowsOf(organization.id)).map(({ connection }) => connection.name)).toEqual([okta.name]);
    expect((await app.api.get(`/organizations/${silent.id}`)).status).toBe(404);
  });

  it('is written by export as YAML whose plan is empty, and may be JSON', async () => {
    const { organization } = await createWorld();
    expect(await run('export', 'all.yaml')).toEqual({ code: 0, signal: null, stdout: '', stderr: '' });
    const exported = await readFile(join(checkout.folder, 'all.yaml'), 'utf8');
    expect((await run('export')).stdout).toBe(exported);
    expect(exported).toMatch(/^organizations:\n {2}- name: /);
    expect(exported).toContain(`- name: ${organization.name}\n    display_name: Globex\n    connections:\n`);
    expect(await run('plan', 'all.yaml', '--prune')).toMatchObject({ code: 0, stdout: 'Nothing to do.\n' });
    const json = await write(
      JSON.stringify({ organizations: [{ name: organization.name, display_name: 'By JSON' }] }),
      'one.json',
    );
    expect(await run('apply', json, '--yes')).toMatchObject({ code: 0 });
    expect(await organizationNamed(organization.name)).toMatchObject({ display_name: 'By JSON' });
  });

  it('is refused in one line when it is invalid or missing', async () => {
    const file = await write('organizations: [{name: a, conections: []}]');
    for (const command of ['plan', 'apply']) {
      expect(await run(command, file)).toEqual({
        code: 1,
        signal: null,
        stdout: '',
        stderr: `${file}: organizations[0]: 'Additional properties not allowed: conections'\n`,
      });
    }
    expect(await run('export', 'nowhere/all.yaml')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^nowhere\/all\.yaml: ENOENT[^\n]*\n$/) as string,
    });
    expect((await run('plan', 'nowhere.yaml')).stderr).toMatch(/^nowhere\.yaml: ENOENT[^\n]*\n$/);
  });

  it('is refused as a whole, by name, for a connection that is unknown or cannot have such flags', async () => {
    const okta = await createConnection(app.api, 'okta');
    const name = uniqueName('org');
    for (const [connection, problem] of [
      ['{name: nowhere}', 'The connection does not exist'],
      [
        `{name: ${okta.name}, is_signup_enabled: true}`,
        'Only database connections .* support is_signup_enabled = true.',
      ],
    ] as const) {
      const file = await write(`organizations: [{name: ${name}-first}, {name: ${name}, connections: [${connection}]}]`);
      const { code, stdout, stderr } = await run('apply', file, '--yes');
      expect({ code, stdout }).toEqual({ code: 1, stdout: expect.any(String) as string });
      expect(stderr).toMatch(new RegExp(`^${name}, [^\\n]*: ${problem}\n$`));
      expect((await app.api.get(`/organizations/name/${name}-first`)).status).toBe(404);
    }
  });
});

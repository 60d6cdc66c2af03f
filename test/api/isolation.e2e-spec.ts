import { readFileSync } from 'node:fs';
import { paths } from '../../src/paths.js';
import { expectAnswer } from '../support/answers.js';
import type { Answer } from '../support/api.js';
import { useApp } from '../support/app.js';
import { refusals } from '../support/errors.js';
import { createConnection, createOrganization, type CreatedOrganization } from '../support/factories.js';

/** Everything that can be asked about one organization, each as a client of `own` that names a row of `other`. */
interface Case {
  readonly operation: string;
  /** What may be sent; it would change the row of the other organization. */
  readonly body?: object;
  /** The answer, given what the own organization looks like. */
  readonly expected: (own: CreatedOrganization) => { status: number; body?: unknown };
}

const CHANGES = { assign_membership_on_login: true, show_as_button: false };
const nothing = () => ({ status: 200, body: [] });
const notFound = () => refusals.organizationConnectionNotFound;
const removed = () => ({ status: 204 });

const CASES: Case[] = [
  { operation: 'GET /organizations/{id}', expected: (own) => ({ status: 200, body: own }) },
  {
    operation: 'PATCH /organizations/{id}',
    body: { display_name: 'Changed' },
    expected: (own) => ({ status: 200, body: { ...own, display_name: 'Changed' } }),
  },
  { operation: 'DELETE /organizations/{id}', expected: removed },
  { operation: 'GET /organizations/{id}/enabled_connections', expected: nothing },
  { operation: 'GET /organizations/{id}/enabled_connections/{connectionId}', expected: notFound },
  { operation: 'PATCH /organizations/{id}/enabled_connections/{connectionId}', body: CHANGES, expected: notFound },
  { operation: 'PATCH /organizations/{id}/enabled_connections/{connectionId}', body: {}, expected: notFound },
  { operation: 'DELETE /organizations/{id}/enabled_connections/{connectionId}', expected: removed },
  { operation: 'GET /organizations/{id}/connections', expected: nothing },
  { operation: 'GET /organizations/{id}/connections/{connection_id}', expected: notFound },
  { operation: 'PATCH /organizations/{id}/connections/{connection_id}', body: CHANGES, expected: notFound },
  { operation: 'PATCH /organizations/{id}/connections/{connection_id}', body: {}, expected: notFound },
  { operation: 'DELETE /organizations/{id}/connections/{connection_id}', expected: removed },
];

/** Adding is by body: the other organization has the connection, which must not matter. */
const ADD_CASES = ['POST /organizations/{id}/enabled_connections', 'POST /organizations/{id}/connections'];

describe('a request on one organization', () => {
  const app = useApp();

  /** An organization without rows, and one with a row on an enabled or disabled enterprise connection. */
  async function createTwo(is_enabled: boolean) {
    const [own, other, connection] = await Promise.all([
      createOrganization(app.api),
      createOrganization(app.api),
      createConnection(app.api, 'okta'),
    ]);
    const fields = { connection_id: connection.id, is_enabled, organization_connection_name: 'Staff' };
    await app.api.post(`/organizations/${other.id}/connections`, fields);
    const look = async () => ({
      organization: (await app.api.get(`/organizations/${other.id}`)).body,
      rows: await app.sql('SELECT * FROM organization_connections WHERE organization_id = $1', [other.id]),
    });
    return { own, connection, look };
  }

  function ask(operation: string, organization: string, connection: string, body?: object): Promise<Answer> {
    const [method, template] = operation.split(' ') as [string, string];
    const path = template.replace('{id}', organization).replace(/\{connection_?[iI]d\}/, connection);
    const headers = { 'content-type': 'application/json' };
    return app.api.request(method, path, body && { headers, body: JSON.stringify(body) });
  }

  it('is here for every path of the published document that has an organization id', () => {
    const document = JSON.parse(readFileSync(paths.openapi, 'utf8')) as { paths: Record<string, object> };
    const published = Object.entries(document.paths)
      .map(([path, operations]) => [path.replace('/api/v2', ''), operations] as const)
      .filter(([path]) => path.startsWith('/organizations/{id}'))
      .flatMap(([path, operations]) => Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`));
    const covered = new Set([...CASES.map(({ operation }) => operation), ...ADD_CASES]);
    expect([...covered].sort()).toEqual(published.sort());
  });

  describe.each([
    ['enabled', true],
    ['disabled', false],
  ])('with a row of another that is %s', (_, isEnabled) => {
    it.each(CASES)('neither sees nor changes it: $operation $body', async ({ operation, body, expected }) => {
      const { own, connection, look } = await createTwo(isEnabled);
      const before = await look();
      expect(before.rows).toHaveLength(1);
      expectAnswer(await ask(operation, own.id, connection.id, body), expected(own));
      expect(await look()).toEqual(before);
    });

    it.each(ADD_CASES)('adds a row of its own and leaves the other: %s', async (operation) => {
      const { own, connection, look } = await createTwo(isEnabled);
      const before = await look();
      const body = { connection_id: connection.id, ...CHANGES };
      expect((await ask(operation, own.id, connection.id, body)).status).toBe(201);
      expect(await look()).toEqual(before);
      expect(
        await app.sql('SELECT show_as_button FROM organization_connections WHERE organization_id = $1', [own.id]),
      ).toEqual([{ show_as_button: false }]);
    });

    it.each(['enabled_connections', 'connections'])('removes only its own row: DELETE %s', async (face) => {
      const { own, connection, look } = await createTwo(isEnabled);
      const before = await look();
      const operation = `/organizations/{id}/${face}`;
      await ask(`POST ${operation}`, own.id, connection.id, { connection_id: connection.id });
      expectAnswer(await ask(`DELETE ${operation}/{connection_id}`, own.id, connection.id), { status: 204 });
      expectAnswer(await ask(`GET ${operation}`, own.id, connection.id), { status: 200, body: [] });
      expect(await look()).toEqual(before);
    });
  });

  it('is not about another when its id differs in one letter or has something after it', async () => {
    const { id } = await createOrganization(app.api);
    const swapped = id.replace(/[a-zA-Z]$|\d$/, (char) => (char === 'a' ? 'b' : 'a'));
    for (const other of [swapped, `${id}%20`, `${id}x`, id.toUpperCase(), `%20${id}`]) {
      expectAnswer(await app.api.get(`/organizations/${other}`), refusals.organizationNotFound);
    }
  });
});

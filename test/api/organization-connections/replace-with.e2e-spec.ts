import { absent, itWantsAllOf } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createConnection, createOrganization, type CreatedConnection } from '../../support/factories.js';

describe('POST /connections/{id}/organizations/replace-with', () => {
  const app = useApp();

  const pathOf = ({ id }: { id: string }) => `/connections/${id}/organizations/replace-with`;
  const replaced = (count: number) => ({ status: 200, body: { summary: { replaced: count } } });
  const stored = () => app.sql('SELECT * FROM organization_connections ORDER BY organization_id, connection_id');

  async function createTwo(
    strategy = 'okta',
    otherStrategy = strategy,
  ): Promise<[CreatedConnection, CreatedConnection]> {
    return [await createConnection(app.api, strategy), await createConnection(app.api, otherStrategy)];
  }

  /** Organizations that have the connection, a row each with these settings; in the order of their ids. */
  async function createRows(connection: CreatedConnection, ...settings: object[]) {
    const organizations = await Promise.all(settings.map(() => createOrganization(app.api)));
    organizations.sort((a, b) => (a.id < b.id ? -1 : 1));
    const collections = organizations.map(({ id }) => `/organizations/${id}/connections`);
    const rows = await Promise.all(
      collections.map(async (path, at) => {
        const row = await app.api.post<object>(path, { connection_id: connection.id, ...settings[at] });
        expect(row.status).toBe(201);
        return row.body;
      }),
    );
    return { ids: organizations.map(({ id }) => id), collections, rows };
  }

  itWantsAllOf(app, ['create:organization_connections', 'delete:organization_connections'], 404, (api) =>
    api.post(pathOf({ id: absent.connection }), { connection_id: absent.connection }),
  );

  it.each<[unknown, string]>([
    [{}, "'Missing required property: connection_id'"],
    [
      { connection_id: absent.connection, connection_name: 'a' },
      "'Cannot be sent together with connection_name' on property connection_id",
    ],
    [
      { connection_id: 'con_1' },
      "'Object didn't pass validation for format connection-id: con_1' on property connection_id",
    ],
    [{ connection_id: absent.connection, atomic: true }, "'Additional properties not allowed: atomic'"],
  ])('returns 400 for %j', async (body, detail) => {
    expectAnswer(await app.api.post(pathOf(await createConnection(app.api)), body), refusals.invalidBody(detail));
  });

  it('returns 400 for an unknown connection in the body', async () => {
    const connection = await createConnection(app.api);
    for (const unknown of [{ connection_id: absent.connection }, { connection_name: 'none' }]) {
      expectAnswer(await app.api.post(pathOf(connection), unknown), refusals.connectionInBodyUnknown);
    }
  });

  it('returns 400 for the connection itself, be it by id or by name', async () => {
    const connection = await createConnection(app.api);
    await createRows(connection, {});
    const before = await stored();
    for (const itself of [{ connection_id: connection.id }, { connection_name: connection.name }]) {
      expectAnswer(
        await app.api.post(pathOf(connection), itself),
        refusals.invalidBody("'Must be another connection' on property connection_id"),
      );
    }
    expect(await stored()).toEqual(before);
  });

  it('returns 404 for an unknown connection in the path', async () => {
    const { id } = await createConnection(app.api);
    expectAnswer(
      await app.api.post(pathOf({ id: absent.connection }), { connection_id: id }),
      refusals.connectionNotFound,
    );
  });

  it('returns 409 with the organizations whose flags the other cannot have, and changes nothing', async () => {
    const membership = { assign_membership_on_login: true };
    const signup = { ...membership, is_signup_enabled: true };
    const [database, enterprise] = await createTwo('auth0', 'okta');
    const signups = await createRows(database, signup, membership, signup, { ...signup, is_enabled: false });
    const hidden = await createRows(enterprise, { show_as_button: false }, membership);
    const before = await stored();
    expectAnswer(
      await app.api.post(pathOf(database), { connection_id: enterprise.id }),
      refusals.moveBreaksRules(`3 organizations: ${[0, 2, 3].map((at) => signups.ids[at]).join(', ')}`),
    );
    expectAnswer(
      await app.api.post(pathOf(enterprise), { connection_name: database.name }),
      refusals.moveBreaksRules(`1 organization: ${hidden.ids[0]}`),
    );
    expect(await stored()).toEqual(before);
  });

  it('returns 409 with the organizations that have the other too, and changes nothing', async () => {
    const [one, other] = await createTwo();
    const { ids, collections } = await createRows(one, {}, {}, {});
    for (const at of [2, 0]) await app.api.post(collections[at]!, { connection_id: other.id, is_enabled: false });
    const before = await stored();
    expectAnswer(
      await app.api.post(pathOf(one), { connection_id: other.id }),
      refusals.moveMeetsOther(`2 organizations: ${ids[0]}, ${ids[2]}`),
    );
    expect(await stored()).toEqual(before);
  });

  it('names the first hundred organizations and says how many there are', async () => {
    const [one, other] = await createTwo('okta', 'github');
    const { ids } = await createRows(one, ...Array.from({ length: 101 }, () => ({ show_as_button: false })));
    expectAnswer(
      await app.api.post(pathOf(one), { connection_id: other.id }),
      refusals.moveBreaksRules(`101 organizations, the first 100 of them: ${ids.slice(0, 100).join(', ')}`),
    );
  });

  it('gives every organization the other connection with the same flags, and touches no other row', async () => {
    const [one, other] = await createTwo('okta', 'samlp');
    const { collections, rows } = await createRows(
      one,
      {},
      { assign_membership_on_login: true, show_as_button: false },
      { is_enabled: false, organization_access_level: 'limited', organization_connection_name: 'Staff' },
    );
    const bystander = await createConnection(app.api);
    await app.api.post(collections[0]!, { connection_id: bystander.id });
    await createRows(other, { show_as_button: false });
    const others = async () =>
      (await stored()).filter(
        ({ organization_id, connection_id }) =>
          connection_id === bystander.id || !collections.includes(`/organizations/${organization_id}/connections`),
      );
    const before = await others();

    expectAnswer(await app.api.post(pathOf(one), { connection_name: other.name }), replaced(3));
    for (const [at, path] of collections.entries()) {
      const moved = {
        ...rows[at],
        connection_id: other.id,
        connection: { name: other.name, strategy: 'samlp' },
      };
      expectAnswer(await app.api.get(`${path}/${other.id}`), { status: 200, body: moved });
      expectAnswer(await app.api.get(`${path}/${one.id}`), refusals.organizationConnectionNotFound);
    }
    expect(await others()).toEqual(before);
  });

  it('takes a connection of another kind when all flags allow it', async () => {
    const [one, other] = await createTwo('okta', 'auth0');
    const { collections } = await createRows(one, { assign_membership_on_login: true });
    expectAnswer(await app.api.post(pathOf(one), { connection_id: other.id }), replaced(1));
    // The kind of the row is that of its connection, so that the rules are those of the other now.
    expect(await app.api.patch(`${collections[0]}/${other.id}`, { is_signup_enabled: true })).toMatchObject({
      status: 200,
      body: { is_signup_enabled: true },
    });
  });

  it('has nothing to do for a connection that no organization has, or has any more', async () => {
    const [one, other] = await createTwo();
    expectAnswer(await app.api.post(pathOf(one), { connection_id: other.id }), replaced(0));
    await createRows(one, {});
    expectAnswer(await app.api.post(pathOf(one), { connection_id: other.id }), replaced(1));
    expectAnswer(await app.api.post(pathOf(one), { connection_id: other.id }), replaced(0));
  });

  it('is done for 25,000 organizations at once', async () => {
    const [one, other] = await createTwo();
    await app.sql(
      `INSERT INTO organizations (id, name) SELECT 'org_' || lpad(n::text, 16, '0'), 'many-' || n FROM generate_series(1, 25000) n`,
    );
    await app.sql(
      `INSERT INTO organization_connections (organization_id, connection_id, strategy_kind)
       SELECT id, $1, 'enterprise' FROM organizations WHERE name LIKE 'many-%'`,
      [one.id],
    );
    expectAnswer(await app.api.post(pathOf(one), { connection_id: other.id }), replaced(25_000));
    const left = await app.sql('SELECT FROM organization_connections WHERE connection_id = $1', [one.id]);
    expect(left).toHaveLength(0);
  });
});

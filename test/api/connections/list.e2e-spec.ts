import { itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createConnection, createOrganization, type CreatedConnection } from '../../support/factories.js';

interface CheckpointPage {
  connections: CreatedConnection[];
  next?: string;
}

describe('GET /connections', () => {
  const app = useApp();
  /** All there are, in the order of the list. */
  let connections: CreatedConnection[];

  beforeAll(async () => {
    const [builtIn] = (await app.api.get<CreatedConnection[]>('/connections')).body;
    const made = await Promise.all(
      ['auth0', 'okta', 'okta', 'github'].map((strategy) => createConnection(app.api, strategy)),
    );
    connections = [builtIn!, ...made].sort((a, b) => (a.id < b.id ? -1 : 1));
  });

  const get = (query: string) => app.api.get(`/connections${query}`);
  const ofStrategy = (...strategies: string[]) => connections.filter(({ strategy }) => strategies.includes(strategy));

  itIsGuardedBy(app, { 'read:connections': 200 }, (api) => api.get('/connections'));

  it.each([
    ['page=-1', "'Value -1 is less than minimum 0' on property page"],
    ['page=2147483648', "'Value 2147483648 is greater than maximum 2147483647' on property page"],
    ['per_page=0', "'Value 0 is less than minimum 1' on property per_page"],
    ['per_page=101', "'Value 101 is greater than maximum 100' on property per_page"],
    ['take=0', "'Value 0 is less than minimum 1' on property take"],
    ['take=101', "'Value 101 is greater than maximum 100' on property take"],
    ['include_totals=1', "'Expected type boolean but found type string' on property include_totals"],
    ['include_fields=no', "'Expected type boolean but found type string' on property include_fields"],
    ['strategy=xyz', "'No enum match for: xyz' on property strategy"],
    ['strategy=auth0&strategy=xyz', "'No enum match for: xyz' on property strategy"],
    ['name=%00', "'Object didn't pass validation for format unicode' on property name"],
    ['sort=name:1', "'Additional properties not allowed: sort'"],
    ['from=!', "'Object didn't pass validation for format checkpoint' on property from"],
  ])('returns 400 for ?%s', async (query, detail) => {
    expectAnswer(await get(`?${query}`), refusals.invalidQuery(detail));
  });

  it('returns 400 for a `from` of a list of something else', async () => {
    await Promise.all([createOrganization(app.api), createOrganization(app.api)]);
    const { body } = await app.api.get<CheckpointPage>('/organizations?take=1');
    expectAnswer(
      await get(`?from=${body.next}`),
      refusals.invalidQuery("'Object didn't pass validation for format checkpoint' on property from"),
    );
  });

  it('returns whole connections in the order of their ids', async () => {
    expectAnswer(await get(''), { status: 200, body: connections });
  });

  it('returns the requested page, with and without totals', async () => {
    expectAnswer(await get('?page=1&per_page=2'), { status: 200, body: connections.slice(2, 4) });
    expectAnswer(await get('?page=1&per_page=2&include_totals=true'), {
      status: 200,
      body: { start: 2, limit: 2, total: 5, connections: connections.slice(2, 4) },
    });
  });

  it('returns no rows past the end', async () => {
    expectAnswer(await get('?page=1'), { status: 200, body: [] });
    expectAnswer(await get('?page=2147483647&per_page=100'), { status: 200, body: [] });
    expectAnswer(await get('?page=1&include_totals=true'), {
      status: 200,
      body: { start: 50, limit: 50, total: 5, connections: [] },
    });
  });

  it('finds those of a strategy, and of any of several', async () => {
    expectAnswer(await get('?strategy=okta'), { status: 200, body: ofStrategy('okta') });
    expectAnswer(await get('?strategy=okta&strategy=github'), { status: 200, body: ofStrategy('okta', 'github') });
    expectAnswer(await get('?strategy=samlp'), { status: 200, body: [] });
  });

  it('accepts a strategy that cannot be created any more', async () => {
    expectAnswer(await get('?strategy=auth0-adldap'), { status: 200, body: [] });
  });

  it('counts in the totals only what the filter finds', async () => {
    expectAnswer(await get('?strategy=okta&per_page=1&include_totals=true'), {
      status: 200,
      body: { start: 0, limit: 1, total: 2, connections: ofStrategy('okta').slice(0, 1) },
    });
  });

  it('finds the one of a name', async () => {
    const [github] = ofStrategy('github');
    expectAnswer(await get(`?name=${github!.name}`), { status: 200, body: [github] });
    expectAnswer(await get(`?name=${github!.name}&strategy=okta`), { status: 200, body: [] });
    expectAnswer(await get('?name=nothing'), { status: 200, body: [] });
    expectAnswer(await get('?name='), { status: 200, body: [] });
  });

  it('holds Username-Password-Authentication from the start', async () => {
    const name = 'Username-Password-Authentication';
    expectAnswer(await get(`?name=${name}`), {
      status: 200,
      body: [
        {
          id: expect.stringMatching(/^con_[A-Za-z0-9]{16}$/) as string,
          name,
          strategy: 'auth0',
          options: {},
          realms: [name],
          enabled_clients: [],
          is_domain_connection: false,
          authentication: { active: true },
          connected_accounts: { active: false },
        },
      ],
    });
  });

  it('shows only the fields that are named, and is_domain_connection always', async () => {
    const shown = connections.map(({ name, strategy }) => ({ name, strategy, is_domain_connection: false }));
    expectAnswer(await get('?fields=name,strategy'), { status: 200, body: shown });
    expectAnswer(await get('?fields=name,strategy&include_fields=true'), { status: 200, body: shown });
  });

  it('shows all but the fields that are named', async () => {
    const fields = 'options,realms,enabled_clients,authentication,connected_accounts,show_as_button';
    expectAnswer(await get(`?fields=${fields}&include_fields=false`), {
      status: 200,
      body: connections.map(({ id, name, strategy }) => ({ id, name, strategy, is_domain_connection: false })),
    });
  });

  it('walks from the first to the last with take and from, with no next at the end', async () => {
    const seen: CreatedConnection[] = [];
    let query = '?take=2';
    for (const size of [2, 2, 1]) {
      const { body } = await app.api.get<CheckpointPage>(`/connections${query}`);
      expect(body.connections).toHaveLength(size);
      seen.push(...body.connections);
      expect(Object.keys(body)).toEqual(size === 2 ? ['connections', 'next'] : ['connections']);
      query = `?take=2&from=${body.next}`;
    }
    expect(seen).toEqual(connections);
  });

  it('keeps filter and fields while walking', async () => {
    const { body } = await app.api.get<CheckpointPage>('/connections?strategy=okta&fields=name&take=1');
    const [first, second] = ofStrategy('okta').map(({ name }) => ({ name, is_domain_connection: false }));
    expect(body.connections).toEqual([first]);
    expectAnswer(await get(`?strategy=okta&fields=name&take=1&from=${body.next}`), {
      status: 200,
      body: { connections: [second] },
    });
  });

  it('lets take win over page and totals', async () => {
    expectAnswer(await get('?take=100&page=1&per_page=1&include_totals=true'), { status: 200, body: { connections } });
  });
});

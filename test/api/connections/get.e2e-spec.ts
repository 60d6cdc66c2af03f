import { absent, itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createConnection } from '../../support/factories.js';

describe('GET /connections/{id}', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'read:connections': 404 }, (api) => api.get(`/connections/${absent.connection}`));

  it.each([
    ['include_fields=yes', "'Expected type boolean but found type string' on property include_fields"],
    ['fields=id&fields=name', "'Expected type string but found type array' on property fields"],
    ['page=0', "'Additional properties not allowed: page'"],
  ])('returns 400 for ?%s', async (query, detail) => {
    const { id } = await createConnection(app.api);
    expectAnswer(await app.api.get(`/connections/${id}?${query}`), refusals.invalidQuery(detail));
  });

  it.each([
    ['an unknown id', absent.connection],
    ['an id of another form', 'acme'],
  ])('returns 404 for %s', async (_, id) => {
    expectAnswer(await app.api.get(`/connections/${id}`), refusals.connectionNotFound);
  });

  it('returns what was created', async () => {
    const connection = await createConnection(app.api, 'samlp', { options: { a: 1 }, metadata: { b: 'c' } });
    expectAnswer(await app.api.get(`/connections/${connection.id}`), { status: 200, body: connection });
  });

  it('shows only the fields that are named, and is_domain_connection always', async () => {
    const { id, name } = await createConnection(app.api);
    const path = `/connections/${id}`;
    const shown = { status: 200, body: { id, name, is_domain_connection: false } };
    expectAnswer(await app.api.get(`${path}?fields=id,name`), shown);
    expectAnswer(await app.api.get(`${path}?fields=%20name%20,id&include_fields=true`), shown);
    expectAnswer(await app.api.get(`${path}?fields=id,name,is_domain_connection`), shown);
  });

  it('shows of fields that there are none only is_domain_connection', async () => {
    const { id } = await createConnection(app.api);
    for (const fields of ['', 'nothing', 'strategy_kind,created_at', '__proto__']) {
      expectAnswer(await app.api.get(`/connections/${id}?fields=${fields}`), {
        status: 200,
        body: { is_domain_connection: false },
      });
    }
  });

  it('shows all but the fields that are named', async () => {
    const { id, name, strategy } = await createConnection(app.api);
    const left = 'options,realms,enabled_clients,authentication,connected_accounts,is_domain_connection';
    expectAnswer(await app.api.get(`/connections/${id}?fields=${left}&include_fields=false`), {
      status: 200,
      body: { id, name, strategy },
    });
  });

  it('returns all fields without `fields`, whatever include_fields', async () => {
    const connection = await createConnection(app.api);
    expectAnswer(await app.api.get(`/connections/${connection.id}?include_fields=false`), {
      status: 200,
      body: connection,
    });
  });
});

import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createEnabled, createOrganization, createUser } from '../../support/factories.js';

interface Log {
  log_id: string;
  date: string;
  description: string;
  user_id: string;
  details: { request: Record<string, unknown>; response: { statusCode: number; body: Record<string, unknown> } };
}

describe('GET /logs', () => {
  const app = useApp();

  it('has an entry in the published format for every row that was written over the API', async () => {
    const { organization, path } = await createEnabled(app.api, 'okta');
    await app.api.patch(path, { show_as_button: false });
    const { status, body } = await app.api.get<Log[]>('/logs?per_page=2');
    expect(status).toBe(200);
    const [update, addition] = body as [Log, Log];
    expect(update).toMatchObject({
      type: 'sapi',
      description: 'Update the Connection of an Organization',
      ip: '127.0.0.1',
      isMobile: false,
      tenant_name: 'localhost',
      details: {
        request: { method: 'patch', path: `/api/v2${path}`, channel: 'api' },
        response: { statusCode: 200, body: { organization_id: organization.id, show_as_button: false } },
      },
    });
    expect(addition).toMatchObject({
      description: 'Add a connection to an Organization',
      details: { request: { method: 'post' }, response: { statusCode: 201 } },
    });
    // Nothing of how the row is kept.
    expect(Object.keys(update.details.response.body).sort()).toEqual([
      'assign_membership_on_login',
      'connection_id',
      'created_at',
      'is_enabled',
      'is_signup_enabled',
      'organization_access_level',
      'organization_connection_name',
      'organization_id',
      'organization_member_access_level',
      'show_as_button',
    ]);
    expectAnswer(await app.api.get(`/logs/${update.log_id}`), { status: 200, body: update });
  });

  it('leaves out changes that were not made over the API', async () => {
    const { id } = await createOrganization(app.api);
    const before = (await app.api.get<Log[]>('/logs')).body;
    await app.sql("UPDATE organizations SET display_name = 'By hand' WHERE id = $1", [id]);
    expect((await app.api.get<Log[]>('/logs')).body).toEqual(before);
  });

  it('continues from an entry, page by page, in both orders', async () => {
    for (let made = 0; made < 4; made++) await createOrganization(app.api);
    const all = (await app.api.get<Log[]>('/logs?sort=date:1&per_page=100')).body;
    const newestFirst = (await app.api.get<Log[]>('/logs?per_page=100')).body;
    expect(newestFirst).toEqual([...all].reverse());
    const [first] = all;
    expect((await app.api.get<Log[]>(`/logs?from=${first!.log_id}&take=2`)).body).toEqual(all.slice(1, 3));
    expect((await app.api.get<Log[]>('/logs?page=1&per_page=2')).body).toEqual(newestFirst.slice(2, 4));
    expect((await app.api.get('/logs?per_page=2&include_totals=true')).body).toEqual({
      start: 0,
      limit: 2,
      length: 2,
      total: all.length,
      logs: newestFirst.slice(0, 2),
    });
    expect((await app.api.get('/logs?per_page=1&fields=log_id,type')).body).toEqual([
      { log_id: newestFirst[0]!.log_id, type: 'sapi' },
    ]);
  });

  it('is searched by the documented fields, and by nothing else', async () => {
    const { email } = await createUser(app.api);
    const all = (await app.api.get<Log[]>('/logs?per_page=100')).body;
    const ids = (found: Log[]) => found.map(({ log_id }) => log_id);
    const search = async (q: string) =>
      ids((await app.api.get<Log[]>(`/logs?per_page=100&q=${encodeURIComponent(q)}`)).body);
    const made = all.filter(({ description }) => description === 'Create a User');
    expect(JSON.stringify(made[0]!.details.response.body)).toContain(email);
    expect(await search('description:"Create a User"')).toEqual(ids(made));
    expect(await search('type:sapi AND description:"Create a User" ip:127.0.0.*')).toEqual(ids(made));
    expect(await search(`user_id:"${made[0]!.user_id}"`)).toEqual(ids(all));
    expect(await search('type:s')).toEqual([]);
    expect(await search(`log_id:${made[0]!.log_id}`)).toEqual([made[0]!.log_id]);
    expect(await search('date:[2000-01-01 TO 2000-12-31]')).toEqual([]);
    expect(await search(`date:[${all.at(-1)!.date} TO *]`)).toEqual(ids(all));
    expect(await search(`date:${all[0]!.date.slice(0, 10)}`)).toEqual(ids(all));
    for (const q of ['x', 'type:sapi OR type:f', 'NOT type:f', 'password:x', 'date:[x TO *]', '(type:sapi)', '']) {
      expect(await app.api.get(`/logs?q=${encodeURIComponent(q)}`)).toMatchObject({
        status: 400,
        body: { errorCode: 'invalid_query_string' },
      });
    }
  });

  it('is refused without the scope, for an entry that there is not, and beyond a thousand results', async () => {
    const stranger = app.api.as(await app.issuer.token({ scopes: ['read:organizations'] }));
    expectAnswer(await stranger.get('/logs'), refusals.insufficientScope('read:logs'));
    for (const id of ['999999999', 'x']) expectAnswer(await app.api.get(`/logs/${id}`), refusals.logNotFound);
    expect((await app.api.get('/logs?page=10&per_page=100')).status).toBe(400);
    expect((await app.api.get('/logs?from=x')).status).toBe(400);
  });
});

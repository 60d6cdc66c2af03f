import { startApp, useApp } from '../../support/app.js';
import { expectAnswer } from '../../support/answers.js';
import type { Answer } from '../../support/api.js';
import { refusals } from '../../support/errors.js';
import {
  addDiscoveryDomain,
  createConnection,
  createEnabled,
  createMembers,
  createOrganization,
  uniqueName,
} from '../../support/factories.js';

interface Entry {
  sequence: number;
  time: string;
  resource: { type: string; id: string };
  operation: string;
  actor: Record<string, unknown> | null;
  changes: { field: string; from: unknown; to: unknown }[];
}

interface History {
  history: Entry[];
  next?: string;
}

describe('GET /organizations/{id}/history', () => {
  const app = useApp();

  const historyOf = async (id: string, query = '') =>
    (await app.api.get<History>(`/organizations/${id}/history${query}`)).body;

  it('returns every change of the rows of an organization, newest first: the operation, the fields and the actor', async () => {
    const { organization, connection, path } = await createEnabled(app.api, 'okta');
    const userAgent = 'history-test/1.0';
    const changed = await app.api.sendWrite(
      { method: 'PATCH', path, body: { assign_membership_on_login: true, show_as_button: false } },
      { 'user-agent': userAgent, 'x-request-id': 'a-request-of-mine' },
    );
    expect(changed.status).toBe(200);

    const { history, next } = await historyOf(organization.id);
    expect(next).toBeUndefined();
    expect(history.map(({ resource: { type }, operation }) => [type, operation])).toEqual([
      ['organization_connection', 'updated'],
      ['organization_connection', 'created'],
      ['organization', 'created'],
    ]);
    const [update, addition, creation] = history as [Entry, Entry, Entry];
    expect(update).toEqual({
      sequence: expect.any(Number) as number,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
      resource: { type: 'organization_connection', id: connection.id },
      operation: 'updated',
      actor: {
        subject: expect.any(String) as string,
        ip: '127.0.0.1',
        user_agent: userAgent,
        request_id: 'a-request-of-mine',
        method: 'PATCH',
        host: expect.stringMatching(/^127\.0\.0\.1/) as string,
        path: `/api/v2${path}`,
        ...clientOf(update),
      },
      changes: [
        { field: 'assign_membership_on_login', from: false, to: true },
        { field: 'show_as_button', from: true, to: false },
      ],
    });
    expect(addition.actor).toMatchObject({ method: 'POST' });
    expect(addition.changes).toContainEqual({ field: 'show_as_button', from: null, to: true });
    expect(creation.changes).toContainEqual({ field: 'name', from: null, to: organization.name });
  });

  const clientOf = ({ actor }: Entry) => (actor?.['client_id'] === undefined ? {} : { client_id: actor['client_id'] });

  it('includes members and domains, and changes by SQL without an actor', async () => {
    const { organization, users } = await createMembers(app.api, 1);
    const domain = await addDiscoveryDomain(app.api, organization.id);
    await app.sql("UPDATE organizations SET display_name = 'By hand' WHERE id = $1", [organization.id]);
    await app.sql('DELETE FROM organization_members WHERE organization_id = $1', [organization.id]);
    const { history } = await historyOf(organization.id);
    expect(history.map(({ resource, operation, actor }) => [resource, operation, actor === null])).toEqual([
      [{ type: 'organization_member', id: users[0]!.user_id }, 'deleted', true],
      [{ type: 'organization', id: organization.id }, 'updated', true],
      [{ type: 'organization_discovery_domain', id: domain.id }, 'created', false],
      [{ type: 'organization_member', id: users[0]!.user_id }, 'created', false],
      [{ type: 'organization', id: organization.id }, 'created', false],
    ]);
    expect(history[1]!.changes).toEqual([{ field: 'display_name', from: null, to: 'By hand' }]);
  });

  it('pages, and filters by time, actor and operation', async () => {
    const { organization, path } = await createEnabled(app.api);
    for (const flag of [true, false, true]) await app.api.patch(path, { assign_membership_on_login: flag });
    const all = (await historyOf(organization.id)).history;
    expect(all).toHaveLength(5);

    const pages: Entry[] = [];
    let next: string | undefined;
    do {
      const page = await historyOf(organization.id, `?take=2${next === undefined ? '' : `&from=${next}`}`);
      expect(page.history.length).toBeLessThanOrEqual(2);
      pages.push(...page.history);
      next = page.next;
    } while (next !== undefined);
    expect(pages).toEqual(all);

    expect((await historyOf(organization.id, '?operation=updated')).history).toEqual(all.slice(0, 3));
    const { time, actor } = all[1]!;
    const before = all.filter((entry) => entry.time < time);
    expect((await historyOf(organization.id, `?until=${time}`)).history).toEqual(before);
    const since = all.filter((entry) => entry.time >= time);
    expect((await historyOf(organization.id, `?since=${time}`)).history).toEqual(since);
    const subject = encodeURIComponent(String(actor!['subject']));
    expect((await historyOf(organization.id, `?actor=${subject}`)).history).toEqual(all);
    expect((await historyOf(organization.id, '?actor=somebody-else')).history).toEqual([]);
  });

  it('returns the changes of one connection when filtered by it', async () => {
    const { organization, connection, path } = await createEnabled(app.api);
    const other = await createConnection(app.api);
    await app.api.post(`/organizations/${organization.id}/connections`, { connection_id: other.id });
    await app.api.delete(path);
    const { body } = await app.api.get<History>(
      `/organizations/${organization.id}/connections/${connection.id}/history`,
    );
    expect(body.history.map(({ resource: { id }, operation }) => [id, operation])).toEqual([
      [connection.id, 'deleted'],
      [connection.id, 'created'],
    ]);
  });

  it('outlives the organization, and never includes another', async () => {
    const { organization } = await createEnabled(app.api);
    const { organization: other } = await createEnabled(app.api);
    const before = await historyOf(other.id);
    await app.api.delete(`/organizations/${organization.id}`);
    expect(
      (await historyOf(organization.id)).history.map(({ resource: { type }, operation }) => [type, operation]),
    ).toEqual([
      ['organization_connection', 'deleted'],
      ['organization', 'deleted'],
      ['organization_connection', 'created'],
      ['organization', 'created'],
    ]);
    expect(await historyOf(other.id)).toEqual(before);
  });

  it('returns 404 for an unknown organization, 403 without the scope, and 400 for an invalid page or time', async () => {
    const { id } = await createOrganization(app.api);
    expectAnswer(await app.api.get('/organizations/org_0000000000000000/history'), refusals.organizationNotFound);
    const stranger = app.api.as(await app.issuer.token({ scopes: ['read:organizations'] }));
    expectAnswer(await stranger.get(`/organizations/${id}/history`), refusals.insufficientScope('read:logs'));
    for (const query of [
      'from=x',
      `from=${Buffer.from('["99999999999999999999"]').toString('base64url')}`,
      'since=yesterday',
      'since=0000-01-01T00:00:00Z',
      `until=${encodeURIComponent('0001-01-01T00:00:00+14:00')}`,
      'until=9999-12-31T23:59:59-14:00',
      'operation=read',
    ]) {
      expect(await app.api.get(`/organizations/${id}/history?${query}`)).toMatchObject({
        status: 400,
        body: { errorCode: 'invalid_query_string' },
      });
    }
  });

  it('names the actor, whatever the token and the headers contain', async () => {
    const { organization, path } = await createEnabled(app.api);
    const sub = `a\u0000\ud800 '"; ${'\u{1f600}'.repeat(1_000)}`;
    const caller = app.api.as(await app.issuer.token({ claims: { sub } }));
    const headers = { 'user-agent': `' "} \\ ${'a'.repeat(5_000)}` };
    const write = { method: 'PATCH', path, body: { assign_membership_on_login: true } };
    expect((await caller.sendWrite(write, headers)).status).toBe(200);
    expect((await caller.patch(`/organizations/${organization.id}`, { display_name: 'Changed' })).status).toBe(200);
    const { history } = await historyOf(organization.id, '?take=2');
    for (const { actor } of history) expect(actor!['subject']).toMatch(/^a\ufffd '"; \u{1f600}+\ufffd?$/u);
    expect(history[1]!.actor!['user_agent']).toMatch(/^' "} \\ a+$/);
  });

  it('holds no secret of a connection, a machine client or a token', async () => {
    const marker = uniqueName('secret');
    const connection = await createConnection(app.api, 'okta', { options: { client_secret: marker } });
    await app.api.patch(`/connections/${connection.id}`, { options: { client_secret: `${marker}-2` } });
    const rows = await app.sql<{ text: string }>('SELECT changes::text AS text FROM changes');
    expect(rows.some(({ text }) => text.includes(connection.id))).toBe(true);
    expect(rows.filter(({ text }) => text.includes(marker) || text.includes(app.api.token!))).toEqual([]);
  });
});

describe('POST /organizations/{id}/history/{sequence}/revert', () => {
  const app = useApp();

  const newest = async (id: string) =>
    (await app.api.get<History>(`/organizations/${id}/history?take=1`)).body.history[0]!;
  const revert = (id: string, sequence: number) =>
    app.api.post<Entry>(`/organizations/${id}/history/${sequence}/revert`, undefined);
  const expectReverted = ({ status, body }: Answer<Entry>, expected: object) =>
    expect({ status, body }).toMatchObject({ status: 200, body: expected });

  it('restores a changed connection, as a new change', async () => {
    const { organization, connection, path } = await createEnabled(app.api, 'okta');
    const before = (await app.api.get(path)).body;
    await app.api.patch(path, { show_as_button: false, assign_membership_on_login: true });
    const change = await newest(organization.id);
    await app.api.patch(path, { assign_membership_on_login: false });

    const answer = await app.api.post<Entry>(
      `/organizations/${organization.id}/connections/${connection.id}/history/${change.sequence}/revert`,
      undefined,
    );
    expectReverted(answer, { operation: 'updated', changes: [{ field: 'show_as_button', from: false, to: true }] });
    expect(answer.body).toEqual(await newest(organization.id));
    expect((await app.api.get(path)).body).toEqual(before);
  });

  it('restores a removed connection, and removes an added one', async () => {
    const { organization, path } = await createEnabled(app.api, 'okta', { show_as_button: false });
    const before = (await app.api.get(path)).body;
    await app.api.delete(path);
    expectReverted(await revert(organization.id, (await newest(organization.id)).sequence), { operation: 'created' });
    expect((await app.api.get(path)).body).toEqual(before);
    expectReverted(await revert(organization.id, (await newest(organization.id)).sequence), { operation: 'deleted' });
    expect((await app.api.get(path)).status).toBe(404);
  });

  it('undoes changes of the organization, of members and of domains', async () => {
    const { organization, users, path } = await createMembers(app.api, 1);
    const organizationPath = `/organizations/${organization.id}`;
    const whole = (await app.api.get(organizationPath)).body;
    const changed = { display_name: 'Changed', metadata: { a: 'b' }, branding: { logo_url: 'https://example.com/' } };
    await app.api.patch(organizationPath, changed);
    expectReverted(await revert(organization.id, (await newest(organization.id)).sequence), { operation: 'updated' });
    expect((await app.api.get(organizationPath)).body).toEqual(whole);

    await app.api.delete(path, { members: [users[0]!.user_id] });
    expectReverted(await revert(organization.id, (await newest(organization.id)).sequence), { operation: 'created' });
    expect((await app.api.get(path)).body).toMatchObject([{ user_id: users[0]!.user_id }]);

    const domain = await addDiscoveryDomain(app.api, organization.id);
    const domainPath = `${organizationPath}/discovery-domains/${domain.id}`;
    await app.api.patch(domainPath, { status: 'verified' });
    expectReverted(await revert(organization.id, (await newest(organization.id)).sequence), {
      changes: [{ field: 'status', from: 'verified', to: 'pending' }],
    });
    expect((await app.api.get(domainPath)).body).toEqual(domain);
  });

  it('enforces the current rules', async () => {
    const { organization, connection, path } = await createEnabled(app.api, 'okta');
    await app.api.delete(path);
    const removal = await newest(organization.id);
    await app.api.delete(`/connections/${connection.id}`);
    expectAnswer(await revert(organization.id, removal.sequence), refusals.connectionInBodyUnknown);
    expect((await app.api.get(path)).status).toBe(404);
  });

  it('is refused for changes that cannot be reverted or do not exist, and without the scope', async () => {
    const { organization, path } = await createEnabled(app.api);
    const { history } = (await app.api.get<History>(`/organizations/${organization.id}/history`)).body;
    const creation = history.at(-1)!;
    expectAnswer(await revert(organization.id, creation.sequence), refusals.changeNotRevertible);
    const other = await createOrganization(app.api);
    expectAnswer(await revert(other.id, creation.sequence), refusals.changeNotFound);
    expectAnswer(await revert(organization.id, 999_999_999), refusals.changeNotFound);
    expectAnswer(await revert('org_0000000000000000', 1), refusals.organizationNotFound);

    await app.api.patch(path, { assign_membership_on_login: true });
    const { sequence } = await newest(organization.id);
    const membersOnly = app.api.as(await app.issuer.token({ scopes: ['create:organization_members'] }));
    expectAnswer(
      await membersOnly.post(`/organizations/${organization.id}/history/${sequence}/revert`, undefined),
      refusals.insufficientScope('update:organization_connections'),
    );
    expect((await newest(organization.id)).sequence).toBe(sequence);
  });
});

describe('The months of the history', () => {
  it('are created ahead, dropped after the retention time, and take over rows of the default partition', async () => {
    const { app, stop } = await startApp({ env: { CHANGE_RETENTION_DAYS: '40' } });
    try {
      const partitions = async () =>
        (
          await app.sql<{ name: string }>(
            "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'changes'::regclass ORDER BY 1",
          )
        ).map(({ name }) => name);
      const month = (offset: number) => {
        const now = new Date();
        const first = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + offset, 1));
        return `changes_${first.getUTCFullYear()}_${String(first.getUTCMonth() + 1).padStart(2, '0')}`;
      };
      await app.sql(
        `INSERT INTO changes (organization_id, changed_at, table_name, row_id, operation)
         SELECT 'org_caught', now() + make_interval(months => m), 'organizations', 'org_caught', 'DELETE'
           FROM unnest(ARRAY[-12, 7]) m`,
      );
      await app.sql("SELECT keep_change_partitions(current_date + 62, '-infinity')");
      expect(await partitions()).toEqual(expect.arrayContaining([month(-12), month(0), month(1), month(2), month(7)]));
      expect(await app.sql('SELECT FROM changes_default')).toEqual([]);
      expect(await app.sql("SELECT FROM changes WHERE organization_id = 'org_caught'")).toHaveLength(2);

      await app.sql('SELECT keep_change_partitions(current_date + 62, current_date - 40)');
      expect(await partitions()).not.toContain(month(-12));
      expect(await app.sql("SELECT FROM changes WHERE organization_id = 'org_caught'")).toHaveLength(1);
      await createOrganization(app.api);
      await expect(app.sql(`TRUNCATE ${month(0)}`)).rejects.toMatchObject({ constraint: 'changes_no_truncation' });
    } finally {
      await stop();
    }
  });
});

import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createConnection, createOrganization, type CreatedConnection } from '../../support/factories.js';

describe("The list of an organization's connections", () => {
  const app = useApp();
  let connections: CreatedConnection[];

  beforeAll(async () => {
    connections = await Promise.all(Array.from({ length: 3 }, () => createConnection(app.api, 'okta')));
  });

  const tagOf = ({ headers }: { headers: Headers }) => headers.get('etag');
  const rows = (...chosen: number[]) => ({
    connections: chosen.map((at) => ({ connection_id: connections[at]!.id })),
  });

  async function listOf(...chosen: number[]) {
    const path = `/organizations/${(await createOrganization(app.api)).id}/connections`;
    const made = await app.api.put(path, rows(...chosen));
    return { path, made, tag: tagOf(await app.api.get(path)) };
  }

  const replace = (path: string, body: object, headers: Record<string, string>) =>
    app.api.sendWrite({ method: 'PUT', path, body }, headers);

  it('has one tag while nothing changes, and another after every change', async () => {
    const { path, tag } = await listOf(0, 1);
    const seen = new Set([tag]);
    const look = async () => {
      const now = tagOf(await app.api.get(path));
      expect(now).not.toBeNull();
      expect(tagOf(await app.api.get(path))).toBe(now);
      seen.add(now);
    };
    await app.api.patch(`${path}/${connections[0]!.id}`, { is_enabled: false });
    await look();
    await app.api.delete(`${path}/${connections[0]!.id}`);
    await look();
    await app.api.post(path, { connection_id: connections[2]!.id });
    await look();
    await app.api.delete(`${path}/${connections[1]!.id}`);
    await look();
    await app.api.put(path, { connections: [] });
    await look();
    expect(seen.size).toBe(6);
  });

  it('is replaced only while it is as it was read', async () => {
    const { path, made, tag } = await listOf(0, 1);
    for (const read of [tag!, tagOf(made)!, '*']) {
      const answer = await replace(path, rows(0, 1), { 'if-match': read });
      expect(answer.status).toBe(200);
      expect(tagOf(answer)).toBe(tagOf(made));
    }
    // Removed by another client; no version is new.
    await app.api.delete(`${path}/${connections[1]!.id}`);
    const before = (await app.api.get(path)).body;
    for (const read of [tag!, tagOf(made)!, '"1"', tag!.replace(/-of.*/, '"')]) {
      expectAnswer(await replace(path, rows(2), { 'if-match': read }), refusals.preconditionFailed);
    }
    expect((await app.api.get(path)).body).toEqual(before);
  });

  it('of nothing can be asked for, and is there', async () => {
    const { path, tag } = await listOf();
    expect((await replace(path, rows(0), { 'if-match': tag! })).status).toBe(200);
    expectAnswer(await replace(path, rows(1), { 'if-match': tag! }), refusals.preconditionFailed);
    expectAnswer(await replace(path, rows(1), { 'if-none-match': '*' }), refusals.preconditionFailed);
    const elsewhere = '/organizations/org_0000000000000000/connections';
    expectAnswer(await replace(elsewhere, rows(), { 'if-match': '*' }), refusals.organizationNotFound);
  });

  it('is not sent again to who has it, and has no tag where only a part of it is shown', async () => {
    const { path, tag } = await listOf(0, 1);
    const again = (query = '') => app.api.request('GET', `${path}${query}`, { headers: { 'if-none-match': tag! } });
    expect((await again()).status).toBe(304);
    expect((await again('?include_totals=true')).status).toBe(200);
    for (const query of ['?per_page=1', '?is_enabled=true', '?page=1']) {
      const answer = await again(query);
      expect([answer.status, tagOf(answer)]).toEqual([200, null]);
    }
  });

  it('loses no update when many replace it at once, each as they read it', async () => {
    const { path, tag } = await listOf(0);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, at) => replace(path, rows(1 + (at % 2)), { 'if-match': tag! })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(9).fill(412)]);
  });
});

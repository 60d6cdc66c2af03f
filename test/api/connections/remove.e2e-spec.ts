import { absent, itIsGuardedBy } from '../../support/access.js';
import { expectAnswer } from '../../support/answers.js';
import { useApp } from '../../support/app.js';
import { refusals } from '../../support/errors.js';
import { createConnection, createEnabled } from '../../support/factories.js';

describe('DELETE /connections/{id}', () => {
  const app = useApp();

  itIsGuardedBy(app, { 'delete:connections': 204 }, (api) => api.delete(`/connections/${absent.connection}`));

  it('returns 204 for a connection that does not exist', async () => {
    expectAnswer(await app.api.delete(`/connections/${absent.connection}`), { status: 204 });
  });

  it('returns 202 with the time, then 204', async () => {
    const [connection, other] = [await createConnection(app.api), await createConnection(app.api)];
    const path = `/connections/${connection.id}`;
    const before = Date.now();
    const answer = await app.api.delete<{ deleted_at: string }>(path);
    expectAnswer(answer, { status: 202, body: { deleted_at: expect.any(String) as string } });
    const deletedAt = new Date(answer.body.deleted_at);
    expect(deletedAt.toISOString()).toBe(answer.body.deleted_at);
    expect(deletedAt.getTime()).toBeGreaterThanOrEqual(before);
    expect(deletedAt.getTime()).toBeLessThanOrEqual(Date.now());

    expectAnswer(await app.api.get(path), refusals.connectionNotFound);
    expectAnswer(await app.api.delete(path), { status: 204 });
    expectAnswer(await app.api.get(`/connections/${other.id}`), { status: 200, body: other });
  });

  it('removes its organization connections, and no organizations or other connections', async () => {
    const { organization, connection, path } = await createEnabled(app.api);
    const other = await createConnection(app.api, 'okta');
    const collection = `/organizations/${organization.id}/enabled_connections`;
    const { body: row } = await app.api.post(collection, { connection_id: other.id });
    expect((await app.api.delete(`/connections/${connection.id}`)).status).toBe(202);
    expectAnswer(await app.api.get(path), refusals.organizationConnectionNotFound);
    expectAnswer(await app.api.get(collection), { status: 200, body: [row] });
    expectAnswer(await app.api.get(`/organizations/${organization.id}`), { status: 200, body: organization });
  });

  it('frees the name', async () => {
    const { id, name } = await createConnection(app.api);
    await app.api.delete(`/connections/${id}`);
    expect((await app.api.post('/connections', { name, strategy: 'okta' })).status).toBe(201);
  });
});

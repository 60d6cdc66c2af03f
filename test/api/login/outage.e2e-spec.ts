import { expectAnswer } from '../../support/answers.js';
import { startApp, useApp } from '../../support/app.js';
import { createCabledDatabase } from '../../support/cable.js';
import { refusals } from '../../support/errors.js';
import { createEnabled, createUser } from '../../support/factories.js';
import { untilWaiting } from '../../support/locks.js';
import type { Api } from '../../support/api.js';

async function createRequest(api: Api) {
  const { organization, connection } = await createEnabled(api, 'auth0', { assign_membership_on_login: true });
  const { user_id } = await createUser(api, { connection: connection.name });
  const request = { organization: organization.id, connection: connection.id, user: { user_id }, intent: 'login' };
  return { request, members: `/organizations/${organization.id}/members` };
}

describe('A decision whose database goes away', () => {
  const app = useApp();

  it.each(['pg_terminate_backend', 'pg_cancel_backend'])(
    'in its midst, by %s, is 503 and no allow, and is made when it is asked for again',
    async (breakOff) => {
      const { request, members } = await createRequest(app.api);
      await app.sql('BEGIN');
      await app.sql('SELECT FROM organization_connections WHERE organization_id = $1 FOR UPDATE', [
        request.organization,
      ]);
      const deciding = app.api.post('/login/decisions', request);
      await untilWaiting(app);
      await app.sql(
        `SELECT ${breakOff}(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
      );
      const answer = await deciding;
      await app.sql('ROLLBACK');
      expectAnswer(answer, refusals.databaseUnavailable);
      expect(answer.headers.get('retry-after')).toBe('1');
      expect((await app.api.get(members)).body).toEqual([]);
      expect((await app.api.post('/login/decisions', request)).body).toMatchObject({ reason: 'membership_granted' });
    },
  );

  it('while it is away is 503, for the other questions of a login page too, and made when it is back', async () => {
    const database = await createCabledDatabase();
    const { cable } = database;
    const { app, stop } = await startApp({ database });
    try {
      const { request, members } = await createRequest(app.api);
      await cable.cut();
      for (const asked of [
        app.api.post('/login/decisions', request),
        app.api.post('/login/decisions', { ...request, organization: undefined }),
        app.api.post('/login/discover', { email: 'ada@example.com' }),
        app.api.get(`/login/organizations/${request.organization}`),
      ]) {
        expectAnswer(await asked, refusals.databaseUnavailable);
      }
      await cable.plugIn();
      expect((await app.api.get(members)).body).toEqual([]);
      expect((await app.api.post('/login/decisions', request)).body).toMatchObject({ reason: 'membership_granted' });
    } finally {
      await stop();
    }
  });
});

import { startApp, useApp, type TestApp } from '../support/app.js';
import { askForToken, createClient } from '../support/clients.js';
import { eventually } from '../support/clock.js';

const MESSAGE = 'callers were not let in';
const summaries = ({ log }: TestApp) => log.filter(({ msg }) => msg === MESSAGE);

describe('refused callers', () => {
  it('are logged in one line: how many, why and who', async () => {
    const { app, stop } = await startApp();
    const { api, issuer } = app;
    const narrow = api.as(await issuer.token({ scopes: ['update:users_app_metadata'] }));
    try {
      for (let time = 0; time < 3; time++) await api.as(undefined).get('/organizations');
      await api.as('made-up').get('/organizations');
      await api.as(await issuer.token({ claims: { exp: 0 } })).get('/organizations');
      await api.request('GET', '/organizations', { headers: { authorization: 'Basic x' } });
      await narrow.get('/organizations');
      expect((await narrow.patch('/users/auth0%7C1', { name: 'A' })).status).toBe(403);
      await askForToken(app, { ...(await createClient(app, [])), client_secret: 'wrong' });
      // Nobody who was let in, and nobody whose request was wrong in other ways.
      expect((await api.get('/organizations')).status).toBe(200);
      expect((await api.get('/nothing')).status).toBe(404);
      expect((await api.get('/organizations/org_0000000000000000')).status).toBe(404);
      expect(summaries(app)).toEqual([]);
    } finally {
      await stop();
    }
    const { sub } = issuerClaims(api.token!);
    expect(summaries(app)).toEqual([
      {
        level: 40,
        time: expect.any(Number) as number,
        refused: 8,
        reasons: {
          authentication_missing: 3,
          token_malformed: 1,
          token_expired: 1,
          'scope_insufficient: read:organizations, read:organizations_summary': 1,
          'scope_insufficient: update:users': 1,
          'access_denied at /oauth/token': 1,
        },
        callers: { '127.0.0.1': 6, [sub]: 2 },
        msg: MESSAGE,
      },
    ]);
  });

  it('are logged in bounded lines, however many there are', async () => {
    const { app, stop } = await startApp({ env: { TRUSTED_PROXIES: '127.0.0.1' } });
    const from = (address: string) =>
      fetch(`${app.api.origin}/api/v2/organizations`, { headers: { 'x-forwarded-for': address } });
    for (let last = 1; last <= 30; last++) await from(`192.0.2.${last}`);
    for (let time = 0; time < 3; time++) await from('192.0.2.30');
    await stop();
    const [{ refused, callers }] = summaries(app) as [{ refused: number; callers: Record<string, number> }];
    expect(refused).toBe(33);
    expect(Object.keys(callers)).toHaveLength(11);
    expect(callers).toMatchObject({ '192.0.2.30': 4, '(others)': 20 });
  });
});

describe('the interval between two log lines about refused callers', () => {
  const app = useApp({ deadlines: { refusalSummary: 100 } });

  it('starts again with each line, and an interval without refusals has none', async () => {
    for (let round = 1; round <= 2; round++) {
      await app.api.as(undefined).get('/organizations');
      await eventually(
        () => Promise.resolve(summaries(app).length),
        (count) => count === round,
      );
    }
    expect(summaries(app).map(({ refused }) => refused)).toEqual([1, 1]);
  });
});

const issuerClaims = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as { sub: string };

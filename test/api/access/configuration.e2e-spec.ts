import { expectAnswer } from '../../support/answers.js';
import { useApp, type TestApp } from '../../support/app.js';

const PATH = '/.well-known/authzen-configuration';

/** Without a token. */
async function look(app: TestApp, path: string, init?: RequestInit) {
  const answer = await fetch(`${app.api.origin}${path}`, init);
  return { status: answer.status, headers: answer.headers, body: await answer.json() };
}

describe('GET /.well-known/authzen-configuration', () => {
  const app = useApp({ env: { PUBLIC_URL: 'https://sign-in.example.com/' } });

  it('returns the endpoints below the public URL without a token, and may be cached', async () => {
    const answer = await look(app, PATH);
    expectAnswer(answer, {
      status: 200,
      body: {
        policy_decision_point: 'https://sign-in.example.com',
        access_evaluation_endpoint: 'https://sign-in.example.com/access/v1/evaluation',
        access_evaluations_endpoint: 'https://sign-in.example.com/access/v1/evaluations',
      },
    });
    expect(answer.headers.get('content-type')).toMatch(/^application\/json(;|$)/);
    expect(answer.headers.get('cache-control')).toBe('max-age=3600');
  });

  it('names endpoints that answer', async () => {
    const { body } = await look(app, PATH);
    const endpoints = Object.entries(body as Record<string, string>).filter(([name]) => name.endsWith('_endpoint'));
    for (const [, endpoint] of endpoints) {
      expect((await look(app, new URL(endpoint).pathname, { method: 'POST' })).status).toBe(401);
    }
  });

  it('exists with an external issuer too', async () => {
    expect((await look(external, PATH)).status).toBe(200);
  });
  const external = useApp({
    env: { AUTH_ISSUER: 'https://issuer.example.com/', AUTH_AUDIENCE: 'https://sign-in.example.com/' },
  });
});

import { createLoginPage } from '../../examples/login-page/app.js';
import { Vestibule } from '../../examples/login-page/vestibule.js';
import { eventually } from '../support/clock.js';
import { createConnection, createEnabled, createOrganization, createUser, uniqueName } from '../support/factories.js';
import { createCredentials, useLoginPage } from './login-page.js';
import type { Visitor } from './visitor.js';

const AWAY = 'Nobody can sign in at the moment';
const ENDED = 'This sign-in has ended';
const SHARES = { assign_membership_on_login: true };

describe('When something is wrong, a visitor of the login page', () => {
  const loginPage = useLoginPage();

  const membersOf = async ({ id }: { id: string }) =>
    (await loginPage.app.api.get<{ email: string }[]>(`/organizations/${id}/members`)).body;

  /** At the provider of an organization with `assign_membership_on_login`. */
  async function atProvider(visitor: Visitor) {
    const { organization, path } = await createEnabled(loginPage.app.api, 'okta', SHARES);
    await visitor.open(`/${organization.name}`);
    await visitor.press('Continue with Okta');
    expect(await visitor.heading()).toBe('Sign in with Okta');
    return { organization, path, email: `${uniqueName('user')}@example.com` };
  }

  it('is refused with a message while Vestibule is unreachable, and signs in afterwards', async () => {
    const visitor = await loginPage.visitor();
    const { organization, email } = await atProvider(visitor);
    await loginPage.cable.cut();
    try {
      await visitor.signInAs(email);
      expect(visitor.status).toBe(503);
      expect(await visitor.heading()).toBe(AWAY);
      await visitor.press('Try again');
      expect(visitor.status).toBe(503);
      for (const path of ['/', `/${organization.name}`]) {
        const other = await loginPage.visitor();
        await other.open(path);
        expect({ status: other.status, heading: await other.heading() }).toEqual({ status: 503, heading: AWAY });
      }
    } finally {
      await loginPage.cable.plugIn();
    }
    expect(await membersOf(organization)).toEqual([]);
    await visitor.press('Try again');
    expect(await visitor.heading()).toBe(`Welcome to ${organization.name}`);
  });

  it('is refused while Vestibule has no database', async () => {
    const visitor = await loginPage.visitor();
    const { organization, path, email } = await atProvider(visitor);
    const sql = (text: string, values?: unknown[]) => loginPage.app.sql(text, values);
    // The decision waits for the row, and is broken off there.
    await sql('BEGIN');
    try {
      await sql('SELECT FROM organization_connections WHERE organization_id = $1 FOR UPDATE', [organization.id]);
      const entering = visitor.signInAs(email);
      await eventually(
        () =>
          sql(
            `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
          ),
        (brokenOff) => brokenOff.length === 1,
      );
      await entering;
    } finally {
      await sql('ROLLBACK');
    }
    expect({ status: visitor.status, heading: await visitor.heading() }).toEqual({ status: 503, heading: AWAY });
    expect(await membersOf(organization)).toEqual([]);
    // Switched off meanwhile: the attempt is decided about anew, and not remembered.
    expect((await loginPage.app.api.patch(path, { assign_membership_on_login: false })).status).toBe(200);
    await visitor.press('Try again');
    expect(await visitor.heading()).toBe(`You are not a member of ${organization.name}`);
  });

  it('gets 503 when Vestibule refuses the credentials of the page', async () => {
    const { clientId } = await createCredentials(loginPage.app);
    const wrong = new Vestibule({ url: loginPage.app.api.origin, clientId, clientSecret: 'wrong' });
    const page = await createLoginPage({ vestibule: wrong, organizations: [], people: {}, logLevel: 'silent' });
    try {
      const visitor = await loginPage.visitor({ baseURL: await page.listen({ host: '127.0.0.1', port: 0 }) });
      await visitor.open('/acme');
      expect({ status: visitor.status, heading: await visitor.heading() }).toEqual({ status: 503, heading: AWAY });
    } finally {
      await page.close();
    }
  });

  it.each(['/nowhere', '/..%2F..', '/a%20b', `/${'a'.repeat(51)}`, '/%00', '/acme/okta'])(
    'gets 404 for %s, which is no organization',
    async (path) => {
      const visitor = await loginPage.visitor();
      await visitor.open(path);
      expect({ status: visitor.status, heading: await visitor.heading() }).toEqual({
        status: 404,
        heading: 'There is no such page',
      });
      await visitor.press('Sign in by e-mail address');
      expect(await visitor.heading()).toBe('Sign in');
    },
  );

  it.each<[path: string, fields: Record<string, string>]>([
    ['/sign-in/email', {}],
    ['/sign-in/email', { email: 'a'.repeat(255) }],
    ['/sign-in/email', { email: 'ada@acme.example', organization: '../..' }],
    ['/sign-in/start', { organization: 'acme', connection: 'acme-okta', intent: 'enter' }],
    ['/provider/sign-in', { email: 'ada@acme.example' }],
  ])('gets 400 for a form at %s that no page sends: %j', async (path, fields) => {
    const response = await fetch(loginPage.url + path, { method: 'POST', body: new URLSearchParams(fields) });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('What was sent does not fit the form. Please start again.');
  });

  it('cannot use a connection that the organization does not offer', async () => {
    const connection = await createConnection(loginPage.app.api, 'okta');
    const fields = { organization: 'acme', connection: connection.id, intent: 'login' };
    const response = await fetch(`${loginPage.url}/sign-in/start`, {
      method: 'POST',
      body: new URLSearchParams(fields),
    });
    expect(response.status).toBe(400);
    expect(response.headers.get('set-cookie')).toBeNull();
    expect(await response.text()).toContain('That way to sign in is not offered any more.');
  });

  describe('who did not start the sign-in themselves,', () => {
    const stateOf = ({ page }: Visitor) => new URL(page.url()).searchParams.get('state')!;

    /** The address that the provider would send the visitor back to. */
    async function callbackOf(visitor: Visitor, email: string): Promise<string> {
      const form = { state: stateOf(visitor), email };
      const response = await visitor.page.request.post('/provider/sign-in', { form, maxRedirects: 0 });
      expect(response.status()).toBe(303);
      return response.headers()['location']!;
    }

    it('cannot sign in by the callback URL of another visitor, who still can', async () => {
      const [owner, other] = [await loginPage.visitor(), await loginPage.visitor()];
      const { organization, email } = await atProvider(owner);
      const callback = await callbackOf(owner, email);
      await atProvider(other);
      await other.open(callback);
      expect({ status: other.status, heading: await other.heading() }).toEqual({ status: 400, heading: ENDED });
      expect(await membersOf(organization)).toEqual([]);
      await owner.open(callback);
      expect(await owner.heading()).toBe(`Welcome to ${organization.name}`);
      // Once.
      await owner.open(callback);
      expect({ status: owner.status, heading: await owner.heading() }).toEqual({ status: 400, heading: ENDED });
    });

    it('cannot sign in with the state of another sign-in, nor with an unsigned one', async () => {
      const [owner, other] = [await loginPage.visitor(), await loginPage.visitor()];
      const { email } = await atProvider(owner);
      const theirs = new URL(await callbackOf(owner, email), loginPage.url);
      const { organization } = await atProvider(other);
      const state = stateOf(other);
      const [cookie] = await other.page.context().cookies();
      for (const code of [theirs.searchParams.get('code')!, cookie!.value, 'eyJhbGciOiJub25lIn0.e30.', '']) {
        await other.open(`/sign-in/callback?${new URLSearchParams({ state, code }).toString()}`);
        expect({ status: other.status, heading: await other.heading() }).toEqual({ status: 400, heading: ENDED });
      }
      expect(await membersOf(organization)).toEqual([]);
    });

    it('cannot sign in to one organization with the sign-in to another', async () => {
      const visitor = await loginPage.visitor();
      const first = await atProvider(visitor);
      const abandoned = visitor.page.url();
      const second = await atProvider(visitor);
      await visitor.open(abandoned);
      expect({ status: visitor.status, heading: await visitor.heading() }).toEqual({ status: 400, heading: ENDED });
      const form = { state: new URL(abandoned).searchParams.get('state')!, email: first.email };
      expect((await visitor.page.request.post('/provider/sign-in', { form })).status()).toBe(400);
      for (const { organization } of [first, second]) expect(await membersOf(organization)).toEqual([]);
    });

    it('cannot be made to finish a sign-in by another site', async () => {
      const visitor = await loginPage.visitor();
      const { organization, email } = await atProvider(visitor);
      const state = stateOf(visitor);
      await visitor.page.route('http://elsewhere.example/', (route) =>
        route.fulfill({
          contentType: 'text/html',
          body: `<form method="post" action="${loginPage.url}/provider/sign-in">
            <input name="state" value="${state}"><input name="email" value="${email}"><button>Win</button></form>`,
        }),
      );
      await visitor.open('http://elsewhere.example/');
      await visitor.press('Win');
      expect({ status: visitor.status, heading: await visitor.heading() }).toEqual({ status: 400, heading: ENDED });
      expect(await membersOf(organization)).toEqual([]);
    });
  });

  it('sees hostile texts escaped', async () => {
    const { api } = loginPage.app;
    const hostile = `<script>alert(1)</script>"'><img src=x onerror=alert(2)>&lt;`;
    const organization = await createOrganization(api, {
      display_name: hostile,
      branding: {
        logo_url: `https://logo.example/"onerror="alert(3)`,
        colors: { primary: '#123', page_background: '#FFEEDDCC' },
      },
    });
    const connection = await createConnection(api, 'okta', { display_name: hostile });
    const path = `/organizations/${organization.id}/enabled_connections`;
    expect((await api.post(path, { connection_id: connection.id, ...SHARES })).status).toBe(201);
    const user = await createUser(api, { connection: connection.name, email: `<b>&@example.com`.replace(/[<>]/g, '') });
    const visitor = await loginPage.visitor();
    const tags = () => visitor.page.locator('script, img:not(.logo), b').count();

    await visitor.open(`/${organization.name}`);
    expect(await visitor.heading()).toBe(`Sign in to ${hostile}`);
    expect(await visitor.page.title()).toBe(`Sign in to ${hostile}`);
    expect(await visitor.page.getByRole('button').nth(1).innerText()).toBe(`Continue with ${hostile}`);
    expect(await visitor.page.locator('.logo').getAttribute('src')).toBe(`https://logo.example/"onerror="alert(3)`);
    expect(await tags()).toBe(0);
    await visitor.follow(() => visitor.page.getByRole('button').nth(1).click());
    expect(await visitor.text()).toContain(`to continue to ${hostile}`);
    await visitor.signInAs(user.email, hostile);
    expect(await visitor.heading()).toBe(`Welcome to ${hostile}`);
    expect(await visitor.text()).toContain(hostile);
    expect(await tags()).toBe(0);
  });

  it('gets pages without scripts, frames, caching and referrers', async () => {
    const { headers } = await fetch(`${loginPage.url}/acme`);
    expect(headers.get('content-security-policy')).toBe(
      "default-src 'none';style-src 'self';img-src 'self' https:;form-action 'self';base-uri 'none';frame-ancestors 'none'",
    );
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('x-frame-options')).toBe('DENY');
    const body = new URLSearchParams({ email: 'ada@acme.example' });
    const begun = await fetch(`${loginPage.url}/sign-in/email`, { method: 'POST', body, redirect: 'manual' });
    expect(begun.headers.get('set-cookie')).toMatch(/^sign-in=\S+; Max-Age=600; Path=\/; HttpOnly; SameSite=Lax$/);
    expect(begun.headers.get('location')).toMatch(/^\/provider\/sign-in\?state=[\w-]{22}$/);
  });
});

describe('An invalid token of the login page', () => {
  const loginPage = useLoginPage();

  it('is replaced without an error for the visitor', async () => {
    const { app, url } = loginPage;
    expect((await fetch(`${url}/acme`)).status).toBe(200);
    const withdrawn = app.api.as(await app.issuer.token());
    await app.sql('UPDATE signing_keys SET withdrawn_at = CURRENT_TIMESTAMP');
    await eventually(
      () => withdrawn.get('/connections'),
      ({ status }) => status === 401,
    );
    const visitors = await Promise.all(Array.from({ length: 10 }, () => fetch(`${url}/acme`)));
    expect(visitors.map(({ status }) => status)).toEqual(visitors.map(() => 200));
  });
});

import { createEnabled, createOrganization, uniqueName, type CreatedOrganization } from '../support/factories.js';
import { useLoginPage } from './login-page.js';

describe('A visitor of the login page', () => {
  const loginPage = useLoginPage();

  const membersOf = async ({ id }: Pick<CreatedOrganization, 'id'>) => {
    const { app } = loginPage;
    const { body } = await app.api.get<{ email: string }[]>(`/organizations/${id}/members?fields=email&per_page=100`);
    return body.map(({ email }) => email);
  };
  const seeded = async (name: string) =>
    (await loginPage.app.api.get<CreatedOrganization>(`/organizations/name/${name}`)).body;
  const patch = async (path: string, flags: object) =>
    expect((await loginPage.app.api.patch(path, flags)).status).toBe(200);
  const uniqueEmail = (domain = 'example.com') => `${uniqueName('user')}@${domain}`;

  describe('and show_as_button', () => {
    it('sees no button where it is false, and can sign in by the e-mail address', async () => {
      const visitor = await loginPage.visitor();
      await visitor.open('/globex');
      expect(await visitor.heading()).toBe('Sign in to Globex Energy');
      expect(await visitor.names('button')).toEqual(['Continue', 'Continue with a password']);

      await visitor.enterEmail('hedy@globex.example');
      expect(await visitor.heading()).toBe('Sign in with Globex Entra ID');
      expect(await visitor.text()).toContain('This page pretends to be Microsoft Entra ID');
      await visitor.press(/^Hedy Lamarr/);
      expect(await visitor.heading()).toBe('Welcome back to Globex Energy');
      expect(await visitor.trace()).toEqual({
        reason: 'member',
        checks: expect.arrayContaining([
          'passed: organization_connection enabled',
          'passed: membership a member',
        ]) as [],
      });
    });

    it('sees a button where it is true, until a PATCH hides it', async () => {
      const { organization, path } = await createEnabled(loginPage.app.api, 'okta');
      const visitor = await loginPage.visitor();
      await visitor.open(`/${organization.name}`);
      expect(await visitor.names('button')).toEqual(['Continue', 'Continue with Okta']);
      await patch(path, { show_as_button: false });
      await visitor.open(`/${organization.name}`);
      expect(await visitor.names('button')).toEqual(['Continue']);
    });

    it('sees instructions when no button is visible, and can sign in by the e-mail address', async () => {
      const { api } = loginPage.app;
      const domain = `${uniqueName('hidden')}.example`;
      const { organization, connection } = await createEnabled(api, 'samlp', {
        show_as_button: false,
        assign_membership_on_login: true,
      });
      const aliases = { options: { domain_aliases: [domain] } };
      expect((await api.patch(`/connections/${connection.id}`, aliases)).status).toBe(200);
      const visitor = await loginPage.visitor();
      await visitor.open(`/${organization.name}`);
      expect(await visitor.text()).toContain('Your work e-mail address leads you to where you sign in.');
      expect(await visitor.names('button')).toEqual(['Continue']);

      await visitor.enterEmail(uniqueEmail());
      expect(await visitor.error()).toBe('This address leads to no way to sign in. Use another one.');
      const email = uniqueEmail(domain);
      await visitor.enterEmail(email);
      expect(await visitor.heading()).toBe('Sign in with SAML');
      await visitor.signInAs(email);
      expect(await visitor.heading()).toBe(`Welcome to ${organization.name}`);
    });

    it('sees a message when no connection is enabled', async () => {
      const organization = await createOrganization(loginPage.app.api);
      const visitor = await loginPage.visitor();
      await visitor.open(`/${organization.name}`);
      expect(await visitor.text()).toContain('No way to sign in is set up here yet.');
      expect(await visitor.names('button')).toEqual([]);
    });
  });

  describe('and is_signup_enabled', () => {
    it('is offered an account only where it is true', async () => {
      const visitor = await loginPage.visitor();
      await visitor.open('/acme');
      expect(await visitor.names('button')).toContain('Create an account');
      await visitor.open('/globex');
      expect(await visitor.names('button')).not.toContain('Create an account');
    });

    it('signs up, is signed in, and is sent to the sign-in when they sign up again', async () => {
      const acme = await seeded('acme');
      const email = uniqueEmail();
      const visitor = await loginPage.visitor();
      const signUp = async () => {
        await visitor.open('/acme');
        await visitor.press('Create an account');
        expect(await visitor.heading()).toBe('Create your account');
        await visitor.signInAs(email, 'Nora New');
      };

      await signUp();
      expect(await visitor.heading()).toBe('Welcome to Acme Aerospace');
      expect(await visitor.text()).toContain('Your account has been made');
      expect(await membersOf(acme)).toContain(email);

      await signUp();
      expect(visitor.status).toBe(403);
      expect(await visitor.heading()).toBe('You have an account already');
      await visitor.press('Sign in instead');
      await visitor.signInAs(email);
      expect(await visitor.heading()).toBe('Welcome back to Acme Aerospace');
    });

    it('is sent to the signup when they sign in without an account', async () => {
      const visitor = await loginPage.visitor();
      await visitor.open('/acme');
      await visitor.press('Continue with a password');
      const email = uniqueEmail();
      await visitor.signInAs(email);
      expect(visitor.status).toBe(403);
      expect(await visitor.heading()).toBe('We do not know this account');
      await visitor.press('Create an account');
      await visitor.signInAs(email);
      expect(await visitor.heading()).toBe('Welcome to Acme Aerospace');
    });

    it('cannot sign up after a PATCH has turned it off, at any step', async () => {
      const { api } = loginPage.app;
      const { organization, path } = await createEnabled(api, 'auth0', {
        assign_membership_on_login: true,
        is_signup_enabled: true,
      });
      const [early, late] = [await loginPage.visitor(), await loginPage.visitor()];
      for (const visitor of [early, late]) await visitor.open(`/${organization.name}`);
      await late.press('Create an account');
      await patch(path, { is_signup_enabled: false });

      await late.signInAs(uniqueEmail());
      expect(await late.heading()).toBe(`${organization.name} takes no new accounts`);
      expect((await late.trace()).checks.at(-1)).toBe('failed: signup is_signup_enabled is false');
      await early.press('Create an account');
      expect(await early.error()).toBe('That way to sign in is not offered any more.');
      expect(await early.names('button')).not.toContain('Create an account');
      expect(await membersOf(organization)).toEqual([]);
    });
  });

  describe('and assign_membership_on_login', () => {
    it('becomes a member by signing in where it is true, and stays one', async () => {
      const acme = await seeded('acme');
      const visitor = await loginPage.visitor();
      expect(await membersOf(acme)).not.toContain('grace@acme.example');
      for (const heading of ['Welcome to Acme Aerospace', 'Welcome back to Acme Aerospace']) {
        await visitor.open('/acme');
        await visitor.press('Continue with Acme Okta');
        await visitor.press(/^Grace Hopper/);
        expect(visitor.status).toBe(200);
        expect(await visitor.heading()).toBe(heading);
        expect(await membersOf(acme)).toContain('grace@acme.example');
      }
    });

    it('is refused with a message where it is false', async () => {
      const globex = await seeded('globex');
      const visitor = await loginPage.visitor();
      await visitor.open('/globex');
      await visitor.enterEmail('mary@globex.example');
      await visitor.press(/^Mary Jackson/);
      expect(visitor.status).toBe(403);
      expect(await visitor.heading()).toBe('You are not a member of Globex Energy');
      expect(await visitor.text()).toContain('Ask an administrator of Globex Energy to add you.');
      expect(await visitor.trace()).toEqual({
        reason: 'not_a_member',
        checks: [
          expect.stringMatching(/^passed: connection globex-entra \(con_\w+\), enterprise$/),
          `passed: organization globex (${globex.id}), named`,
          'passed: organization_connection enabled',
          'skipped: client none was named',
          expect.stringMatching(/^passed: user known as waad\|/),
          'failed: membership no member, and assign_membership_on_login is false',
        ],
      });
      expect(await membersOf(globex)).not.toContain('mary@globex.example');
      await visitor.press('Choose another way to sign in');
      expect(await visitor.heading()).toBe('Sign in to Globex Energy');
    });

    it('is refused at the next sign-in once a PATCH has turned it off', async () => {
      const { organization, path } = await createEnabled(loginPage.app.api, 'okta', {
        assign_membership_on_login: true,
      });
      const [first, second] = [uniqueEmail(), uniqueEmail()];
      const visitor = await loginPage.visitor();
      const signIn = async (email: string) => {
        await visitor.open(`/${organization.name}`);
        await visitor.press('Continue with Okta');
        await visitor.signInAs(email);
      };
      await signIn(first);
      expect(await visitor.heading()).toBe(`Welcome to ${organization.name}`);
      await patch(path, { assign_membership_on_login: false });
      await signIn(second);
      expect(await visitor.heading()).toBe(`You are not a member of ${organization.name}`);
      expect(await membersOf(organization)).toEqual([first]);
      // Members stay members.
      await signIn(first);
      expect(await visitor.heading()).toBe(`Welcome back to ${organization.name}`);
    });
  });

  it.each<[state: string, change: (path: string, user: string) => [path: string, body: object], heading: string]>([
    ['is disabled', (path) => [path, { is_enabled: false }], 'You cannot use Okta here'],
    ['knows them as blocked', (_, user) => [user, { blocked: true }], 'Your account is blocked'],
  ])('is refused in words when the connection %s meanwhile', async (_, change, heading) => {
    const { api } = loginPage.app;
    const { organization, connection } = await createEnabled(api, 'okta', { assign_membership_on_login: true });
    const email = uniqueEmail();
    const made = await api.post<{ user_id: string }>('/users', { connection: connection.name, email });
    const visitor = await loginPage.visitor();
    await visitor.open(`/${organization.name}`);
    await visitor.press('Continue with Okta');
    await patch(
      ...change(
        `/organizations/${organization.id}/connections/${connection.id}`,
        `/users/${encodeURIComponent(made.body.user_id)}`,
      ),
    );
    await visitor.signInAs(email);
    expect(visitor.status).toBe(403);
    expect(await visitor.heading()).toBe(heading);
    expect(await membersOf(organization)).toEqual([]);
  });

  describe('who enters an e-mail address on the first page', () => {
    it('is sent to the enterprise connection of the organization with the domain', async () => {
      const visitor = await loginPage.visitor();
      await visitor.open('/');
      await visitor.enterEmail('ada@acme.example');
      expect(await visitor.heading()).toBe('Sign in with Acme Okta');
      // Typed once, the address need not be typed again.
      await visitor.press('Sign in');
      expect(await visitor.heading()).toBe('Welcome back to Acme Aerospace');
    });

    it('chooses among the organizations that share the domain, and is sent to the one database connection', async () => {
      const visitor = await loginPage.visitor();
      await visitor.open('/');
      await visitor.enterEmail('alan@consulting.example');
      expect(await visitor.heading()).toBe('Choose your organization');
      expect(await visitor.names('button')).toEqual(['Acme Aerospace', 'Globex Energy']);
      await visitor.press('Globex Energy');
      expect(await visitor.text()).toContain('pretends to be the form where the password is checked');
      await visitor.press(/^Alan Turing/);
      expect(await visitor.heading()).toBe('Welcome back to Globex Energy');
    });

    it('gets the page of the organization when no connection matches the address', async () => {
      const { api } = loginPage.app;
      const { organization } = await createEnabled(api, 'github');
      const domain = `${uniqueName('domain')}.example`;
      const verified = { domain, status: 'verified', use_for_organization_discovery: true };
      expect((await api.post(`/organizations/${organization.id}/discovery-domains`, verified)).status).toBe(201);
      const visitor = await loginPage.visitor();
      await visitor.open('/');
      await visitor.enterEmail(uniqueEmail(domain));
      expect(await visitor.heading()).toBe(`Sign in to ${organization.name}`);
      expect(await visitor.error()).toBe('This address leads to no way to sign in. Use another one.');
      expect(await visitor.names('button')).toEqual(['Continue', 'Continue with GitHub']);
    });

    it('sees a message, and keeps the input, when no organization has the domain', async () => {
      const visitor = await loginPage.visitor();
      await visitor.open('/');
      const email = uniqueEmail();
      await visitor.enterEmail(email);
      expect(await visitor.error()).toMatch(/^We know no organization for this address\./);
      expect(await visitor.page.getByRole('textbox', { name: 'Work e-mail' }).inputValue()).toBe(email);
      expect(await visitor.names('link')).toEqual(['Acme Aerospace /acme', 'Globex Energy /globex']);
    });
  });
});

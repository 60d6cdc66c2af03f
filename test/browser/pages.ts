import { createConnection, createEnabled, createOrganization, uniqueName } from '../support/factories.js';
import type { LoginPage } from './login-page.js';
import type { Visitor } from './visitor.js';

/** A name without a place to break it, and one in another script. */
const LONG = `${'Donaudampfschifffahrtsgesellschaft'.repeat(3)} 株式会社`;

/**
 * Every page there is, each shown to the visitor in turn.
 *
 * @param branding of the organization whose pages they are
 */
export async function* everyPage(
  { app, cable }: LoginPage,
  visitor: Visitor,
  branding: object,
): AsyncGenerator<string> {
  const { api } = app;
  const [closed, organization] = [
    await createOrganization(api, { display_name: 'Closed' }),
    await createOrganization(api, { display_name: LONG, branding }),
  ];
  const hidden = await createEnabled(api, 'okta', { show_as_button: false });
  const enabled = `/organizations/${organization.id}/enabled_connections`;
  const okta = await createConnection(api, 'okta', { display_name: LONG });
  const [database, code] = [await createConnection(api), await createConnection(api, 'email')];
  const signup = { assign_membership_on_login: true, is_signup_enabled: true };
  for (const row of [
    { connection_id: okta.id },
    { connection_id: database.id, ...signup },
    { connection_id: code.id },
  ]) {
    await api.post(enabled, row);
  }
  const email = `${'long-'.repeat(8)}${uniqueName('user')}@${'sub-domain.'.repeat(4)}example.com`;
  const home = () => visitor.open(`/${organization.name}`);

  await visitor.open('/');
  yield 'the first page';
  await visitor.enterEmail(email);
  yield 'the first page with an error';
  await visitor.enterEmail('kay@consulting.example');
  yield 'the choice of an organization';
  await visitor.open(`/${closed.name}`);
  yield 'an organization without connections';
  await visitor.open(`/${hidden.organization.name}`);
  yield 'an organization that shows no connection';
  await home();
  yield 'an organization';
  await visitor.enterEmail('ada@localhost');
  yield 'an organization with an error';
  await home();
  await visitor.press(`Continue with ${LONG}`);
  yield 'a provider';
  await visitor.signInAs(email, LONG);
  await visitor.trace();
  yield 'a deny';
  await visitor.page.reload();
  yield 'a sign-in that has ended';
  await home();
  await visitor.press('Create an account');
  yield 'a signup';
  await visitor.signInAs(email, LONG);
  await visitor.trace();
  yield 'an allow';
  await home();
  await visitor.press('Create an account');
  await visitor.signInAs(email);
  yield 'a signup of somebody who has an account';
  await visitor.open('/acme');
  await visitor.press('Continue with Acme Okta');
  yield 'a provider with people to choose from';
  await visitor.open(`/${uniqueName('nowhere')}`);
  yield 'a page that is not there';
  await cable.cut();
  await home();
  yield 'a page while Vestibule is away';
  await cable.plugIn();
}

import type { Identity, SignIn } from '../sign-in.js';
import { html, type Html } from './html.js';
import { connectionTitle, errorNotice, icon, page, strategyTitle } from './layout.js';
import { emailField, titled, type Attempt } from './login.js';

/** Somebody whom a visitor may pretend to be. */
export interface Person {
  readonly email: string;
  readonly name: string;
  /** What to expect of them. */
  readonly about: string;
}

/** Where in a real product somebody else's page would be, which knows who the visitor is. */
export function providerPage(
  signIn: SignIn,
  people: readonly Person[],
  attempt: Attempt & Partial<Identity> = {},
): Html {
  const { organization, intent, state } = signIn;
  const isSignup = intent === 'signup';
  const heading = headingOf(signIn);
  return page({
    title: titled(heading, attempt),
    content: html`
      <p class="pretence">
        ${icon('info')}<span>This page pretends to be ${pretended(signIn)}, and believes whatever is entered.</span>
      </p>
      <div class="heading">
        <h1>${heading}</h1>
        <p class="lead">to continue to <strong>${organization.title}</strong></p>
      </div>
      ${!isSignup && people.length > 0 && whoList(people, state)}
      <form method="post" action="/provider/sign-in" aria-label="${isSignup ? 'Your account' : 'Somebody else'}">
        ${errorNotice(attempt.error)}
        <input type="hidden" name="state" value="${state}" />
        ${emailField('E-mail', attempt.email ?? signIn.email, attempt.error)}
        <label class="field">
          <span class="label">Name <span class="hint">(optional)</span></span>
          <input type="text" name="name" value="${attempt.name}" maxlength="300" autocomplete="name" />
        </label>
        <button class="primary">${isSignup ? 'Create account' : 'Sign in'}</button>
      </form>
      <p class="back"><a href="/${organization.name}">Cancel</a></p>
    `,
  });
}

const whoList = (people: readonly Person[], state: string): Html =>
  html`<section aria-labelledby="people">
      <h2 id="people" class="label">Sign in as</h2>
      <ul class="choices">
        ${people.map(
          ({ email, name, about }) =>
            html`<li>
              <form method="post" action="/provider/sign-in">
                <input type="hidden" name="state" value="${state}" />
                <input type="hidden" name="email" value="${email}" />
                <input type="hidden" name="name" value="${name}" />
                <button class="choice">
                  ${icon('social')}
                  <span class="choice-text">${name} <span class="hint">${email} · ${about}</span></span>
                </button>
              </form>
            </li>`,
        )}
      </ul>
    </section>
    <p class="divider" aria-hidden="true"><span>or somebody else</span></p>`;

function headingOf({ connection, intent }: SignIn): string {
  if (intent === 'signup') return 'Create your account';
  const isForm = connection.kind === 'database' || connection.kind === 'passwordless';
  return isForm ? 'Sign in' : `Sign in with ${connectionTitle(connection)}`;
}

function pretended({ connection, intent }: SignIn): string {
  switch (connection.kind) {
    case 'database':
      return intent === 'signup' ? 'the form where a password is set' : 'the form where the password is checked';
    case 'passwordless':
      return 'the form where the code is typed in';
    case 'enterprise':
    case 'social':
      return strategyTitle(connection);
  }
}

import type { Connection, Organization, Prompt } from '../vestibule.js';
import { html, type Html } from './html.js';
import { connectionTitle, emblem, ERROR_ID, errorNotice, icon, monogram, page, titleOf } from './layout.js';

/** What was typed before, and what is wrong with it. */
export interface Attempt {
  readonly email?: string;
  readonly error?: string;
}

export const EMAIL_ERROR = 'Enter an e-mail address, such as ada@example.com.';

/** Without an organization: the address says which. */
export function indexPage(organizations: readonly Organization[], attempt: Attempt = {}): Html {
  return page({
    title: titled('Sign in', attempt),
    content: html`
      <div class="heading">
        <img class="logo" src="/assets/icon.svg" alt="" />
        <h1>Sign in</h1>
        <p class="lead">Enter your work e-mail address, and we find your organization.</p>
      </div>
      ${emailForm(attempt)}
      ${
        organizations.length > 0 &&
        html`<section aria-labelledby="organizations">
          <h2 id="organizations" class="divider"><span>Organizations in this example</span></h2>
          <ul class="choices">
            ${organizations.map(
              (organization) =>
                html`<li>
                  <a class="choice" href="/${organization.name}">
                    ${monogram(titleOf(organization))}
                    <span class="choice-text"
                      >${titleOf(organization)} <span class="hint">/${organization.name}</span></span
                    >
                  </a>
                </li>`,
            )}
          </ul>
        </section>`
      }
    `,
  });
}

/** What an organization shows. */
export function organizationPage({ organization, connections, signup, reason }: Prompt, attempt: Attempt = {}): Html {
  const title = titleOf(organization);
  const isClosed = connections.length === 0 && reason === undefined;
  const lead = isClosed
    ? 'No way to sign in is set up here yet. Ask an administrator.'
    : reason && 'Your work e-mail address leads you to where you sign in.';
  const heading = html`<div class="heading">
    ${emblem(organization, title)}
    <h1>Sign in to ${title}</h1>
    ${lead !== undefined && html`<p class="lead">${lead}</p>`}
  </div>`;
  if (isClosed) {
    return page({ title: `Sign in to ${title}`, organization, content: heading });
  }
  return page({
    title: titled(`Sign in to ${title}`, attempt),
    organization,
    content: html`
      ${heading} ${emailForm(attempt, organization)}
      ${
        connections.length > 0 &&
        html`<p class="divider" aria-hidden="true"><span>or</span></p>
          <form method="post" action="/sign-in/start" aria-label="Other ways to sign in">
            <input type="hidden" name="organization" value="${organization.name}" />
            <input type="hidden" name="intent" value="login" />
            <ul class="choices">
              ${connections.map((connection) => html`<li>${connectionButton(connection)}</li>`)}
            </ul>
          </form>`
      }
      ${
        signup !== null &&
        html`<form class="signup" method="post" action="/sign-in/start" aria-label="Sign up">
          <input type="hidden" name="organization" value="${organization.name}" />
          <input type="hidden" name="intent" value="signup" />
          <span>New to ${title}?</span>
          <button class="link" name="connection" value="${signup.connection_id}">Create an account</button>
        </form>`
      }
    `,
  });
}

const connectionButton = (connection: Connection): Html =>
  html`<button class="choice" name="connection" value="${connection.id}">
    ${icon(connection.kind)}<span class="choice-text">Continue with ${connectionTitle(connection)}</span>
  </button>`;

/** Several organizations have the domain of the address. */
export function choicePage(organizations: readonly Organization[], email: string): Html {
  return page({
    title: 'Choose your organization',
    content: html`
      <div class="heading">
        <h1>Choose your organization</h1>
        <p class="lead">Several organizations know addresses like <strong>${email}</strong>.</p>
      </div>
      <form method="post" action="/sign-in/email" aria-label="Organizations">
        <input type="hidden" name="email" value="${email}" />
        <ul class="choices">
          ${organizations.map(
            (organization) =>
              html`<li>
                <button class="choice" name="organization" value="${organization.name}">
                  ${monogram(titleOf(organization))}<span class="choice-text">${titleOf(organization)}</span>
                </button>
              </li>`,
          )}
        </ul>
      </form>
      <p class="back"><a href="/">Use another address</a></p>
    `,
  });
}

function emailForm({ email, error }: Attempt, organization?: Organization): Html {
  return html`<form method="post" action="/sign-in/email" aria-label="Sign in by e-mail address">
    ${errorNotice(error)}
    ${organization && html`<input type="hidden" name="organization" value="${organization.name}" />`}
    ${emailField('Work e-mail', email, error)}
    <button class="primary">Continue</button>
  </form>`;
}

/** With an error it has the focus, as that is what has to be changed. */
export const emailField = (label: string, email = '', error?: string): Html =>
  html`<label class="field">
    <span class="label">${label}</span>
    <input
      type="email"
      name="email"
      value="${email}"
      maxlength="254"
      required
      autocomplete="username"
      autocapitalize="none"
      spellcheck="false"
      ${error !== undefined && html`aria-invalid="true" aria-describedby="${ERROR_ID}" autofocus`}
    />
  </label>`;

/** A page that is loaded anew is announced by its title, so an error is told there first. */
export const titled = (title: string, { error }: Attempt): string => (error === undefined ? title : `Error: ${title}`);

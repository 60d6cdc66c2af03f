import type { Identity, SignIn } from '../sign-in.js';
import type { Decision, Prompt } from '../vestibule.js';
import { html, type Html } from './html.js';
import { connectionTitle, icon, page } from './layout.js';

interface Words {
  readonly heading: string;
  readonly text: string;
  /** What the visitor may do now; undefined: sign in by another way or as somebody else. */
  readonly next?: 'sign up' | 'sign in';
}

/** What a decision means to the visitor. Reasons that a sign-in begun on this page cannot have share their words. */
function wordsOf(
  { decision, reason }: Decision,
  organization: string,
  connection: string,
  takesSignup: boolean,
): Words {
  const administrator = `an administrator of ${organization}`;
  switch (reason) {
    case 'member':
      return { heading: `Welcome back to ${organization}`, text: `You are a member of ${organization}.` };
    case 'membership_granted':
      return {
        heading: `Welcome to ${organization}`,
        text: `Whoever signs in with ${connection} becomes a member of ${organization}. Now you are one.`,
      };
    case 'signup_granted':
      return {
        heading: `Welcome to ${organization}`,
        text: `Your account has been made, and you are a member of ${organization} now.`,
      };
    case 'not_a_member':
      return {
        heading: `You are not a member of ${organization}`,
        text: `We know who you are, but ${organization} admits only its members. Ask ${administrator} to add you.`,
      };
    case 'user_blocked':
      return {
        heading: 'Your account is blocked',
        text: `You cannot sign in to ${organization} with it. Ask ${administrator} why.`,
      };
    case 'user_unknown':
      return takesSignup
        ? {
            heading: 'We do not know this account',
            text: 'Nobody has signed up with that address yet. You can create an account, or use another address.',
            next: 'sign up',
          }
        : {
            heading: 'We do not know this account',
            text: `Nobody has an account with that address here. Use another one, or ask ${administrator} for an account.`,
          };
    case 'user_exists':
      return {
        heading: 'You have an account already',
        text: 'Somebody has signed up with that address before. If that was you, sign in.',
        next: 'sign in',
      };
    case 'signup_not_enabled':
      return {
        heading: `${organization} takes no new accounts`,
        text: `Nobody can sign up here. Ask ${administrator} to add you.`,
      };
    case 'connection_not_enabled':
    case 'connection_disabled':
    case 'connection_not_enabled_for_client':
      return {
        heading: `You cannot use ${connection} here`,
        text: `${organization} does not let anybody in with ${connection} any more. Choose another way to sign in.`,
      };
    default:
      return decision === 'allow'
        ? { heading: `Welcome to ${organization}`, text: 'You are signed in.' }
        : { heading: 'You cannot come in', text: 'This sign-in leads nowhere any more. Start again.' };
  }
}

/** The answer of Vestibule in words for the visitor, and as it is for whoever helps them. */
export function decisionPage(decision: Decision, prompt: Prompt, signIn: SignIn, identity: Identity): Html {
  const { organization, signup } = prompt;
  const isAllowed = decision.decision === 'allow';
  const place = signIn.organization.title;
  const words = wordsOf(decision, place, connectionTitle(signIn.connection), signup !== null);
  return page({
    title: words.heading,
    organization,
    content: html`
      <div class="heading" role="${isAllowed ? 'status' : 'alert'}">
        <span class="verdict ${isAllowed ? 'allow' : 'deny'}">${icon(isAllowed ? 'allow' : 'deny')}</span>
        <h1>${words.heading}</h1>
        <p class="lead">${words.text}</p>
      </div>
      <p class="who">
        ${saidOf(decision, signIn)} <strong>${identity.name ?? identity.email}</strong>
        ${identity.name !== undefined && html`<span class="hint">${identity.email}</span>`}
      </p>
      <form class="actions" method="post" action="/sign-in/start" aria-label="What to do now">
        ${words.next === 'sign up' && signup !== null && start(organization.name, 'signup', signup.connection_id, 'Create an account')}
        ${words.next === 'sign in' && start(organization.name, 'login', signIn.connection.id, 'Sign in instead')}
        <a class="${isAllowed || words.next ? 'secondary' : 'primary'}" href="/${organization.name}"
          >${isAllowed ? 'Sign in as somebody else' : 'Choose another way to sign in'}</a
        >
      </form>
      ${support(decision, signIn)}
    `,
  });
}

function saidOf({ decision }: Decision, { connection, intent }: SignIn): string {
  if (decision === 'allow') return 'Signed in as';
  return intent === 'signup' ? 'You entered' : `You came with ${connectionTitle(connection)} as`;
}

const start = (organization: string, intent: string, connection: string, label: string): Html =>
  html`<input type="hidden" name="organization" value="${organization}" />
    <input type="hidden" name="intent" value="${intent}" />
    <button class="primary" name="connection" value="${connection}">${label}</button>`;

function support(
  { decision, reason, membership, organization, user_id, trace }: Decision,
  { connection }: SignIn,
): Html {
  return html`<details>
    <summary>For support: how this was decided</summary>
    <dl>
      ${fact('Decision', decision)}${fact('Reason', reason)}${fact('Membership', membership)}
      ${fact('Organization', organization?.id)}${fact('Connection', connection.id)}${fact('User', user_id)}
    </dl>
    <ol class="trace">
      ${trace.map(
        ({ check, result, detail }) =>
          html`<li>
            <span class="result ${known(result)}"
              >${icon(known(result))}<span class="visually-hidden">${result}: </span></span
            >
            <span><code>${check}</code><br />${detail}</span>
          </li>`,
      )}
    </ol>
  </details>`;
}

const fact = (term: string, value: string | null | undefined): Html =>
  html`<div>
    <dt>${term}</dt>
    <dd><code>${value ?? 'none'}</code></dd>
  </div>`;

const known = (result: string): 'passed' | 'failed' | 'skipped' =>
  result === 'passed' || result === 'failed' ? result : 'skipped';

import { brandSheetUrl } from '../branding.js';
import type { Connection, Organization } from '../vestibule.js';
import { html, type Html } from './html.js';

export interface Page {
  readonly title: string;
  /** Whose colours the page has; undefined: our own. */
  readonly organization?: Organization;
  readonly content: Html;
}

export function page({ title, organization, content }: Page): Html {
  const brand = organization && brandSheetUrl(organization);
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="/assets/icon.svg" />
        <link rel="stylesheet" href="/assets/styles.css" />
        ${brand !== undefined && html`<link rel="stylesheet" href="${brand}" />`}
      </head>
      <body>
        <main class="card">${content}</main>
        <footer>An example of a login page. Vestibule decides who comes in.</footer>
      </body>
    </html>`;
}

/** The id of the one error that a page can have. */
export const ERROR_ID = 'error';

/** What has to be changed, read out at once where that is possible. */
export const errorNotice = (text: string | undefined): Html | undefined =>
  text === undefined
    ? undefined
    : html`<p class="notice" id="${ERROR_ID}" role="alert" aria-live="assertive">
        ${icon('error')}<span>${text}</span>
      </p>`;

export const emblem = ({ branding }: Organization, title: string): Html =>
  branding?.logo_url
    ? html`<img class="logo" src="${branding.logo_url}" alt="" referrerpolicy="no-referrer" />`
    : monogram(title);

export const monogram = (title: string): Html =>
  html`<span class="monogram" aria-hidden="true">${[...title][0]?.toUpperCase()}</span>`;

export const titleOf = ({ display_name, name }: Organization): string => display_name ?? name;

const STRATEGY_TITLES: Readonly<Record<string, string>> = {
  auth0: 'a password',
  email: 'a code by e-mail',
  sms: 'a code by text message',
  apple: 'Apple',
  github: 'GitHub',
  'google-apps': 'Google Workspace',
  'google-oauth2': 'Google',
  oidc: 'OpenID Connect',
  okta: 'Okta',
  samlp: 'SAML',
  waad: 'Microsoft Entra ID',
};

/** Of whom a connection's provider is one: "Okta". */
export const strategyTitle = ({ strategy }: Connection): string => STRATEGY_TITLES[strategy] ?? strategy;

/** What a visitor knows it by. */
export const connectionTitle = (connection: Connection): string => connection.display_name ?? strategyTitle(connection);

/** Of 24 by 24, drawn in lines of the text's colour. */
const ICONS = {
  enterprise: html`<path
    d="M4 21V5a2 2 0 0 1 2-2h8a2 2 0 0 1 2 2v16M16 9h2a2 2 0 0 1 2 2v10M2 21h20M8 7h4M8 11h4M8 15h4"
  />`,
  social: html`<circle cx="12" cy="8" r="4" /><path d="M4 21a8 8 0 0 1 16 0" />`,
  database: html`<rect x="4" y="11" width="16" height="10" rx="2" /><path d="M8 11V7a4 4 0 0 1 8 0v4" />`,
  passwordless: html`<rect x="3" y="5" width="18" height="14" rx="2" /><path d="m3 7 9 6 9-6" />`,
  error: html`<circle cx="12" cy="12" r="9" /><path d="M12 7v6M12 16.5v.5" />`,
  info: html`<circle cx="12" cy="12" r="9" /><path d="M12 11v6M12 7.5V8" />`,
  alert: html`<path d="M12 5v9M12 18.5v.5" />`,
  allow: html`<path d="m5 13 4.5 4.5L19 7" />`,
  deny: html`<path d="M6 6l12 12M18 6 6 18" />`,
  passed: html`<path d="m5 13 4.5 4.5L19 7" />`,
  failed: html`<path d="M6 6l12 12M18 6 6 18" />`,
  skipped: html`<path d="M6 12h12" />`,
} as const;

export const icon = (name: keyof typeof ICONS): Html =>
  html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${ICONS[name]}</svg>`;

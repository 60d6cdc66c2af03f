import { html, type Html } from './html.js';
import { icon, page } from './layout.js';

/** Nothing to sign in with: what went wrong, and where to go on. */
export const troublePage = (heading: string, text: string, next: { href: string; label: string }): Html =>
  page({
    title: heading,
    content: html`
      <div class="heading" role="alert">
        <span class="verdict deny">${icon('alert')}</span>
        <h1>${heading}</h1>
        <p class="lead">${text}</p>
      </div>
      <p class="actions"><a class="primary" href="${next.href}">${next.label}</a></p>
    `,
  });

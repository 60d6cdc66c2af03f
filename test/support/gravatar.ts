import { createHash } from 'node:crypto';

/** The picture of a user with this address who set none. */
export function gravatarOf(email: string): string {
  const url = new URL(`https://s.gravatar.com/avatar/${createHash('md5').update(email.toLowerCase()).digest('hex')}`);
  const fallback = `https://cdn.auth0.com/avatars/${email.slice(0, 2).toLowerCase()}.png`;
  url.search = new URLSearchParams({ s: '480', r: 'pg', d: fallback }).toString();
  return url.href;
}

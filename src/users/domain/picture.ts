import { createHash } from 'node:crypto';

/**
 * The URL of a user's picture. The default is the Gravatar of the e-mail address, which falls back to a picture of its
 * first two letters. Returns undefined for a user without picture and e-mail address.
 */
export function pictureOf({ picture, email }: { picture: string | null; email: string | null }): string | undefined {
  if (picture !== null) return picture;
  if (email === null) return undefined;
  const digest = createHash('md5').update(email.toLowerCase()).digest('hex');
  const [name = ''] = email.split('@', 1);
  const fallback = `https://cdn.auth0.com/avatars/${encodeURIComponent(name.slice(0, 2))}.png`;
  return `https://s.gravatar.com/avatar/${digest}?s=480&r=pg&d=${encodeURIComponent(fallback)}`;
}

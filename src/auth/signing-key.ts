/**
 * How long a key is published before it signs. Our own servers ask for a key that they do not know; others that
 * check tokens cache the published set for a while.
 */
export const PUBLICATION_MS = 60_000;

/**
 * The key to sign with: the newest that has been published for long enough. When none has, the one that has been for
 * longest, because nothing else can sign; undefined only without keys.
 *
 * @param published newest first
 */
export function signingKeyOf<Key extends { readonly createdAt: Date }>(
  published: readonly Key[],
  now: Date,
): Key | undefined {
  return published.find(({ createdAt }) => signsFrom(createdAt) <= now) ?? published.at(-1);
}

/** When a key that was made beside another takes its place. */
export function signsFrom(createdAt: Date): Date {
  return new Date(createdAt.getTime() + PUBLICATION_MS);
}

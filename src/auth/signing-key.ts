/**
 * How long a key is published before it signs, because verifiers other than this service cache the key set for a while.
 */
const PUBLICATION_MS = 60_000;

/**
 * Returns the key to sign with: the newest that has been published for long enough, else the oldest. Returns undefined
 * without keys.
 *
 * @param published newest first
 */
export function signingKeyOf<Key extends { readonly createdAt: Date }>(
  published: readonly Key[],
  now: Date,
): Key | undefined {
  return published.find(({ createdAt }) => signsFrom(createdAt) <= now) ?? published.at(-1);
}

/** When a new key starts to sign, if others exist. */
export function signsFrom(createdAt: Date): Date {
  return new Date(createdAt.getTime() + PUBLICATION_MS);
}

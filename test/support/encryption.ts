/** The key of all test servers that are given no other, so that none makes one in the checkout. */
export const ENCRYPTION_KEY = keyOf('key of the tests');

/** A good key, the same for the same words. */
export function keyOf(words: string): string {
  return Buffer.alloc(32, words).toString('base64');
}

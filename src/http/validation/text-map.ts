/** Returns a text map as it is stored: without the names that were sent with null. */
export function withoutNulls(map: Record<string, string | null> | undefined): Record<string, string> | undefined {
  return map && Object.fromEntries(Object.entries(map).filter((entry): entry is [string, string] => entry[1] !== null));
}

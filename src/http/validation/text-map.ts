/** A text map as it is kept: a name sent with null is left out. */
export function withoutNulls(map: Record<string, string | null> | undefined): Record<string, string> | undefined {
  return map && Object.fromEntries(Object.entries(map).filter((entry): entry is [string, string] => entry[1] !== null));
}

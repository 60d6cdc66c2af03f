/** What a request names: by its id, or by its name. */
export type Reference = { readonly id: string } | { readonly name: string };

/** Finds what a reference names. */
export function finder<T extends { id: string; name: string }>(
  known: readonly T[],
): (named: Reference) => T | undefined {
  const byId = new Map(known.map((one) => [one.id, one]));
  const byName = new Map(known.map((one) => [one.name, one]));
  return (named) => ('id' in named ? byId.get(named.id) : byName.get(named.name));
}

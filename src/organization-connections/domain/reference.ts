/** A resource in a request, by id or by name. */
export type Reference = { readonly id: string } | { readonly name: string };

/** Returns a function that finds the resource of a reference. */
export function finder<T extends { id: string; name: string }>(
  known: readonly T[],
): (named: Reference) => T | undefined {
  const byId = new Map(known.map((one) => [one.id, one]));
  const byName = new Map(known.map((one) => [one.name, one]));
  return (named) => ('id' in named ? byId.get(named.id) : byName.get(named.name));
}

import type { OrganizationConnection, OrganizationConnectionKey } from './organization-connection.js';
import { isSame } from './settings.js';

export interface Change {
  readonly before: OrganizationConnection;
  readonly after: OrganizationConnection;
}

/** The changes that turn the present rows into the wanted ones. */
export interface Difference {
  readonly added: readonly OrganizationConnection[];
  readonly changed: readonly Change[];
  readonly removed: readonly OrganizationConnection[];
  /** Not written, so that their `updated_at` stays. */
  readonly unchanged: readonly OrganizationConnection[];
}

/** Compares two lists of rows without duplicates. Keeps the order of the arguments. */
export function differenceOf(
  present: readonly OrganizationConnection[],
  wanted: readonly OrganizationConnection[],
): Difference {
  const left = new Map(present.map((row) => [keyOf(row), row]));
  const [added, changed, unchanged]: [OrganizationConnection[], Change[], OrganizationConnection[]] = [[], [], []];
  for (const after of wanted) {
    const key = keyOf(after);
    const before = left.get(key);
    if (!before) added.push(after);
    else if (isSame(before, after)) unchanged.push(before);
    else changed.push({ before, after });
    left.delete(key);
  }
  return { added, changed, removed: [...left.values()], unchanged };
}

/** Ids have no spaces. */
export const keyOf = ({ organizationId, connectionId }: OrganizationConnectionKey) =>
  `${organizationId} ${connectionId}`;

import {
  DEFAULT_SETTINGS,
  type OrganizationConnectionKey,
  type OwnedRow,
  type Settings,
} from './organization-connection.js';

export interface Change {
  readonly before: OwnedRow;
  readonly after: OwnedRow;
}

/** What makes the rows that are there the rows that shall be. */
export interface Difference {
  readonly added: readonly OwnedRow[];
  readonly changed: readonly Change[];
  readonly removed: readonly OwnedRow[];
  /** These are not written, so that their `updated_at` stays. */
  readonly unchanged: readonly OwnedRow[];
}

/** Both in any order, each row once. The answer has the order of its argument. */
export function differenceOf(present: readonly OwnedRow[], wanted: readonly OwnedRow[]): Difference {
  const left = new Map(present.map((row) => [keyOf(row), row]));
  const [added, changed, unchanged]: [OwnedRow[], Change[], OwnedRow[]] = [[], [], []];
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

const SETTINGS = Object.keys(DEFAULT_SETTINGS) as (keyof Settings)[];

const isSame = (a: Settings, b: Settings) => SETTINGS.every((setting) => a[setting] === b[setting]);

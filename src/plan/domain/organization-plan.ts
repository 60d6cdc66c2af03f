import { isDeepStrictEqual } from 'node:util';
import type { StrategyKind } from '../../connections/domain/strategy.js';
import { inPlace } from '../../errors/domain-error.js';
import { found } from '../../errors/found.js';
import {
  DEFAULT_SETTINGS,
  withChanges,
  type Settings,
} from '../../organization-connections/domain/organization-connection.js';
import { requireAllowedTerms } from '../../organization-connections/domain/terms.js';

/** What can be said of an organization besides its name and its connections. */
export interface Profile {
  readonly displayName: string | null;
  readonly branding: unknown;
  readonly metadata: unknown;
}

/** As it shall be. What is undefined stays as it is. */
export interface DesiredOrganization {
  readonly name: string;
  readonly profile: Partial<Profile>;
  readonly connections?: readonly { readonly name: string; readonly settings: Partial<Settings> }[];
}

/** As it is. */
export interface PresentOrganization extends Profile {
  readonly id: string;
  readonly name: string;
  readonly connections: readonly PresentConnection[];
}

export interface PresentConnection extends Settings {
  readonly name: string;
}

export type Action = 'add' | 'change' | 'remove';

export interface FieldPlan {
  readonly field: keyof Profile | keyof Settings;
  /** Absent when the field is new. */
  readonly from?: unknown;
  readonly to: unknown;
}

export interface ConnectionPlan {
  readonly action: Action;
  readonly name: string;
  readonly fields: readonly FieldPlan[];
}

/** What it takes to make one organization what it shall be. */
export interface OrganizationPlan {
  readonly action: Action | 'none';
  readonly name: string;
  /** Absent when the organization does not exist yet. */
  readonly id?: string;
  readonly fields: readonly FieldPlan[];
  readonly connections: readonly ConnectionPlan[];
  /** All rows as they shall be; absent when they stay as they are. */
  readonly rows?: readonly (Settings & { readonly name: string })[];
}

/** The kinds of the connections that there are, by name. */
export type Kinds = ReadonlyMap<string, StrategyKind>;

/**
 * @param prune removes the connections of which `desired` does not speak, if it speaks of connections
 * @throws DomainError for the first connection that does not exist or cannot have such terms
 */
export function planOrganization(
  desired: DesiredOrganization,
  present: PresentOrganization | undefined,
  kinds: Kinds,
  prune: boolean,
): OrganizationPlan {
  const fields = difference(present, desired.profile);
  const { connections, rows } = planConnections(desired, present?.connections ?? [], kinds, prune);
  const isSame = present !== undefined && fields.length === 0 && connections.length === 0;
  const action = present === undefined ? 'add' : isSame ? 'none' : 'change';
  return {
    action,
    name: desired.name,
    id: present?.id,
    fields,
    connections,
    rows: connections.length > 0 ? rows : undefined,
  };
}

export const planRemoval = ({ id, name }: { id: string; name: string }): OrganizationPlan => ({
  action: 'remove',
  name,
  id,
  fields: [],
  connections: [],
});

function planConnections(
  { name: organization, connections: desired }: DesiredOrganization,
  present: readonly PresentConnection[],
  kinds: Kinds,
  prune: boolean,
) {
  if (desired === undefined) return { connections: [], rows: [] };
  const left = new Map(present.map((row) => [row.name, row]));
  const connections: ConnectionPlan[] = [];
  const rows: PresentConnection[] = [];
  for (const { name, settings } of desired) {
    const before = left.get(name);
    left.delete(name);
    const after = withChanges({ ...(before ?? DEFAULT_SETTINGS), name }, settings);
    inPlace(`${organization}, ${name}`, () =>
      requireAllowedTerms(found(kinds.get(name), 'connection_in_body_unknown'), after),
    );
    rows.push(after);
    const fields = difference(before, settings);
    if (!before) connections.push({ action: 'add', name, fields });
    else if (fields.length > 0) connections.push({ action: 'change', name, fields });
  }
  for (const row of left.values()) {
    if (prune) connections.push({ action: 'remove', name: row.name, fields: [] });
    else rows.push(row);
  }
  return { connections, rows };
}

/** What is said and is not so yet, field by field. */
function difference<T extends Profile | Settings>(before: T | undefined, wanted: Partial<T>): FieldPlan[] {
  return Object.entries(wanted)
    .filter(([field, to]) => to !== undefined && !isDeepStrictEqual(before?.[field as keyof T], to))
    .map(([field, to]) => ({
      field: field as FieldPlan['field'],
      from: before?.[field as keyof T],
      to: to,
    }));
}

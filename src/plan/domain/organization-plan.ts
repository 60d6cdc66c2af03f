import { isDeepStrictEqual } from 'node:util';
import type { StrategyKind } from '../../connections/domain/strategy.js';
import { inPlace } from '../../errors/domain-error.js';
import { found } from '../../errors/found.js';
import { requireAllowedFlags } from '../../organization-connections/domain/flags.js';
import { DEFAULT_SETTINGS, withChanges, type Settings } from '../../organization-connections/domain/settings.js';

/** The fields of an organization in a file, without its name and connections. */
export interface Profile {
  readonly displayName: string | null;
  readonly branding: unknown;
  readonly metadata: unknown;
}

/** An organization in a file. An undefined field is left unchanged. */
export interface DesiredOrganization {
  readonly name: string;
  readonly profile: Partial<Profile>;
  readonly connections?: readonly { readonly name: string; readonly settings: Partial<Settings> }[];
}

/** A stored organization. */
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
  /** Undefined for a new row. */
  readonly from?: unknown;
  readonly to: unknown;
}

export interface ConnectionPlan {
  readonly action: Action;
  readonly name: string;
  readonly fields: readonly FieldPlan[];
}

export interface OrganizationPlan {
  readonly action: Action | 'none';
  readonly name: string;
  /** Undefined when the organization does not exist yet. */
  readonly id?: string;
  readonly fields: readonly FieldPlan[];
  readonly connections: readonly ConnectionPlan[];
  /** All desired rows; undefined when no connection changes. */
  readonly rows?: readonly PresentConnection[];
}

/** The kinds of existing connections, by name. */
export type Kinds = ReadonlyMap<string, StrategyKind>;

/**
 * @param prune removes the connections that `desired.connections` does not list, if it is set
 * @throws DomainError for the first connection that does not exist or cannot have these flags
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
      requireAllowedFlags(found(kinds.get(name), 'connection_in_body_unknown'), after),
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

/** The desired fields that differ from the present ones. */
function difference<T extends Profile | Settings>(before: T | undefined, wanted: Partial<T>): FieldPlan[] {
  return Object.entries(wanted)
    .filter(([field, to]) => to !== undefined && !isDeepStrictEqual(before?.[field as keyof T], to))
    .map(([field, to]) => ({
      field: field as FieldPlan['field'],
      from: before?.[field as keyof T],
      to,
    }));
}

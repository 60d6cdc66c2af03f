import type { ActorFacts } from '../../actor.js';

/** The tables whose changes are recorded, as the API calls their rows. */
export const RESOURCES = {
  organizations: 'organization',
  connections: 'connection',
  organization_connections: 'organization_connection',
  organization_members: 'organization_member',
  organization_discovery_domains: 'organization_discovery_domain',
  users: 'user',
  machine_clients: 'machine_client',
} as const;

export type RecordedTable = keyof typeof RESOURCES;

export const OPERATIONS = { INSERT: 'created', UPDATE: 'updated', DELETE: 'deleted' } as const;

export type Operation = (typeof OPERATIONS)[keyof typeof OPERATIONS];

/** A row as it was recorded: its columns by name, without secrets. */
export type RecordedRow = Readonly<Record<string, unknown>>;

/** What was written to one row, by whom. */
export interface Change {
  readonly sequence: bigint;
  readonly changedAt: Date;
  /** Empty: the row belongs to none. */
  readonly organizationId: string;
  readonly table: RecordedTable;
  /** The rest of the row's key. */
  readonly rowId: string;
  readonly operation: Operation;
  /** Null when it is not known, as for a change by hand. */
  readonly actor: ActorFacts | null;
  /** Null when there was no row. */
  readonly before: RecordedRow | null;
  /** Null: there is none any more. */
  readonly after: RecordedRow | null;
}

/** What a change did to one field. */
export interface FieldChange {
  readonly field: string;
  readonly from: unknown;
  readonly to: unknown;
}

/** What every change of a row moves along, what never differs, and the options of connections, which are not recorded. */
const BOOKKEEPING = new Set(['version', 'updated_at', 'strategy_kind', 'deleted_at', 'options']);

/** What is a reader's business of a row. */
export const withoutBookkeeping = (row: RecordedRow): RecordedRow =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !BOOKKEEPING.has(name)));

/** Which fields went from what to what, in the order of the columns. A field without a value is null. */
export function fieldChanges({ before, after }: Pick<Change, 'before' | 'after'>): FieldChange[] {
  return Object.keys(withoutBookkeeping(after ?? before ?? {}))
    .map((field) => ({ field, from: before?.[field] ?? null, to: after?.[field] ?? null }))
    .filter(({ from, to }) => JSON.stringify(from) !== JSON.stringify(to));
}

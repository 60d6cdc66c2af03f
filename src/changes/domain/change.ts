import type { ActorFacts } from '../../actor.js';

/** The name in the API of each table whose changes are recorded. */
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

/** A recorded row: its columns by name, without secrets. */
export type RecordedRow = Readonly<Record<string, unknown>>;

export interface Change {
  readonly sequence: bigint;
  readonly changedAt: Date;
  /** Empty when the row belongs to no organization. */
  readonly organizationId: string;
  readonly table: RecordedTable;
  /** The rest of the row's key. */
  readonly rowId: string;
  readonly operation: Operation;
  /** Null for a change by SQL. */
  readonly actor: ActorFacts | null;
  /** Null when the row was created. */
  readonly before: RecordedRow | null;
  /** Null when the row was deleted. */
  readonly after: RecordedRow | null;
}

/** Columns that change with every write or never, and the options of connections, which are not recorded. */
const BOOKKEEPING = new Set(['version', 'updated_at', 'strategy_kind', 'deleted_at', 'options']);

export const withoutBookkeeping = (row: RecordedRow): RecordedRow =>
  Object.fromEntries(Object.entries(row).filter(([name]) => !BOOKKEEPING.has(name)));

/** The changed fields, in the order of the columns. A field without a value is null. */
export function fieldChanges({ before, after }: Pick<Change, 'before' | 'after'>) {
  return Object.keys(withoutBookkeeping(after ?? before ?? {}))
    .map((field) => ({ field, from: before?.[field] ?? null, to: after?.[field] ?? null }))
    .filter(({ from, to }) => JSON.stringify(from) !== JSON.stringify(to));
}

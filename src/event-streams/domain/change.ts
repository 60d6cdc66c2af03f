import type { ChangeOperation } from './event-type.js';

/** A row as it was recorded: its columns by their names in SQL. */
export type RecordedRow = Readonly<Record<string, unknown>>;

/** Who made a change, as far as it is known. */
export interface RecordedActor {
  readonly client_id?: string;
  readonly ip?: string;
  readonly user_agent?: string;
  readonly method?: string;
  readonly host?: string;
}

/** A change of one row as an event needs it. */
export interface RecordedChange {
  /** Of two changes of one row, the later one has the greater number. */
  readonly sequence: number;
  readonly changedAt: Date;
  /** Empty: of no organization. */
  readonly organizationId: string;
  readonly table: string;
  readonly rowId: string;
  readonly operation: ChangeOperation;
  readonly actor: RecordedActor | null;
  /** The name of the client of the actor, if it is one of this service that is still there. */
  readonly clientName: string | null;
  readonly before: RecordedRow | null;
  readonly after: RecordedRow | null;
  /** Of a user: the connection it signs in with, also when that is gone. */
  readonly connection: { readonly name: string; readonly strategy: string; readonly strategy_kind: string } | null;
  /** About what it takes in memory. */
  readonly bytes: number;
}

/** What must arrive in order, one event after the other: an organization, or a row of none. */
export interface Lane {
  readonly organizationId: string;
  /** Empty: of an organization. */
  readonly rowId: string;
}

export const laneOf = ({ organizationId, rowId }: RecordedChange): Lane =>
  organizationId === '' ? { organizationId, rowId } : { organizationId, rowId: '' };

export const laneKey = ({ organizationId, rowId }: Lane): string => `${organizationId}/${rowId}`;

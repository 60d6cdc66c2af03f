import type { Change } from '../../changes/domain/change.js';
import type { ChangeOperation } from './event-type.js';

/** A change of one row as an event needs it. */
export interface RecordedChange extends Omit<Change, 'sequence' | 'operation'> {
  readonly sequence: number;
  readonly operation: ChangeOperation;
  /** The name of the client of the actor, if it is one of this service that is still there. */
  readonly clientName: string | null;
  /** Of a user: the connection it signs in with, also when that is gone. */
  readonly connection: { readonly name: string; readonly strategy: string; readonly strategy_kind: string } | null;
  /** About what it takes in memory. */
  readonly bytes: number;
}

/** What must arrive in order, one event after the other: an organization, or a row of none. */
export interface Partition {
  readonly organizationId: string;
  /** Empty: of an organization. */
  readonly rowId: string;
}

export const partitionOf = ({ organizationId, rowId }: RecordedChange): Partition =>
  organizationId === '' ? { organizationId, rowId } : { organizationId, rowId: '' };

export const partitionKey = ({ organizationId, rowId }: Partition): string => `${organizationId}/${rowId}`;

import type { Change } from '../../changes/domain/change.js';
import type { ChangeOperation } from './event-type.js';

/** A change of one row, with the data that its event needs. */
export interface RecordedChange extends Omit<Change, 'sequence' | 'operation'> {
  readonly sequence: number;
  readonly operation: ChangeOperation;
  /** The name of the actor's client; null when it is not, or no longer, a client of this service. */
  readonly clientName: string | null;
  /** The connection of a changed user, even if deleted; null for other tables. */
  readonly connection: { readonly name: string; readonly strategy: string; readonly strategy_kind: string } | null;
  /** Its approximate size in memory. */
  readonly bytes: number;
}

/** The events that must arrive in order: those of an organization, or those of a row outside of organizations. */
export interface Partition {
  readonly organizationId: string;
  /** Empty for the partition of an organization. */
  readonly rowId: string;
}

export const partitionOf = ({ organizationId, rowId }: RecordedChange): Partition =>
  organizationId === '' ? { organizationId, rowId } : { organizationId, rowId: '' };

export const partitionKey = ({ organizationId, rowId }: Partition): string => `${organizationId}/${rowId}`;

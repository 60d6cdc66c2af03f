import { DomainError } from '../../errors/domain-error.js';
import { found } from '../../errors/found.js';
import { differenceOf, keyOf, type Difference } from './difference.js';
import { rowOf, type ConnectionFacts, type OrganizationConnection } from './organization-connection.js';
import { requireAllowedFlags } from './flags.js';
import type { Reference } from './reference.js';
import { withChanges, type Settings } from './settings.js';

export const OPERATIONS = ['add', 'update', 'remove'] as const;
export type OperationKind = (typeof OPERATIONS)[number];

/** One change of one row, in any organization. */
export type Operation = { readonly organization: Reference; readonly connection: Reference } & (
  | { readonly op: 'add'; readonly settings: Settings }
  | { readonly op: 'update'; readonly changes: Partial<Settings> }
  | { readonly op: 'remove' }
);

/** The result of an operation, the same as of the equivalent single request. */
export type Outcome =
  | { readonly status: 'added' | 'updated'; readonly row: OrganizationConnection }
  | { readonly status: 'removed' }
  | { readonly status: 'error'; readonly error: DomainError };

/** The stored state that the operations depend on. */
export interface OperationFacts {
  /** Returns undefined when the organization does not exist. */
  organizationOf(named: Reference): { readonly id: string } | undefined;
  /** Returns undefined when the connection does not exist. */
  connectionOf(named: Reference): ConnectionFacts | undefined;
  /** The existing rows that the operations name. */
  readonly present: readonly OrganizationConnection[];
  /** Numbers of rows by organization id, at least of the organizations that an operation adds to. */
  readonly counts: ReadonlyMap<string, number>;
}

/** One outcome for each operation, in order, and the rows to write. */
export interface OperationsDecision {
  readonly outcomes: readonly Outcome[];
  readonly difference: Difference;
}

/**
 * Applies the operations in order, each to the rows as the earlier ones left them. A refused one changes nothing.
 *
 * @param limit the number of connections that an organization may have
 */
export function decideOperations(
  operations: readonly Operation[],
  facts: OperationFacts,
  limit: number,
): OperationsDecision {
  const rows = new Map(facts.present.map((row) => [keyOf(row), row]));
  const counts = new Map(facts.counts);
  const outcomes = operations.map((operation) => outcomeOf(() => perform(operation)));
  return { outcomes, difference: differenceOf(facts.present, [...rows.values()]) };

  function perform(operation: Operation): Outcome {
    const organizationId = found(facts.organizationOf(operation.organization), 'organization_not_found').id;
    const connection = facts.connectionOf(operation.connection);
    const key = connection && keyOf({ organizationId, connectionId: connection.id });
    const row = key === undefined ? undefined : rows.get(key);
    switch (operation.op) {
      case 'add': {
        const added = rowOf(organizationId, found(connection, 'connection_in_body_unknown'), operation.settings);
        if (row) throw new DomainError('organization_connection_exists');
        const others = counts.get(organizationId) ?? 0;
        if (others >= limit) throw new DomainError('connection_limit_reached', String(limit));
        counts.set(organizationId, others + 1);
        return { status: 'added', row: keep(added) };
      }
      case 'update': {
        const updated = withChanges(found(row, 'organization_connection_not_found'), operation.changes);
        requireAllowedFlags(updated.strategyKind, updated);
        return { status: 'updated', row: keep(updated) };
      }
      case 'remove': {
        if (row) {
          rows.delete(keyOf(row));
          counts.set(organizationId, (counts.get(organizationId) ?? 0) - 1);
        }
        return { status: 'removed' };
      }
    }
  }

  function keep(row: OrganizationConnection): OrganizationConnection {
    rows.set(keyOf(row), row);
    return row;
  }
}

function outcomeOf(perform: () => Outcome): Outcome {
  try {
    return perform();
  } catch (error) {
    if (error instanceof DomainError) return { status: 'error', error };
    throw error;
  }
}

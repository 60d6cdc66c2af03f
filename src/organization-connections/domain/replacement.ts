import { DomainError, inPlace } from '../../errors/domain-error.js';
import { found } from '../../errors/found.js';
import { differenceOf, type Difference } from './difference.js';
import {
  rowOf,
  type ConnectionFacts,
  type OwnedRow,
  type Settings,
  type StoredOwnedRow,
} from './organization-connection.js';
import { finder, type Reference } from './reference.js';

/** A row as it shall be. */
export interface WantedRow extends Settings {
  readonly connection: Reference;
}

export interface ReplacementFacts {
  /** All rows of the organization. */
  readonly present: readonly StoredOwnedRow[];
  /** Among them those that the wanted rows name, as far as there are any. */
  readonly connections: readonly ConnectionFacts[];
}

/** The rows as they shall be, ordered by connection id, and what it takes. */
export interface Replacement {
  readonly rows: readonly OwnedRow[];
  readonly difference: Difference;
}

/** The same when it is done. */
export interface StoredReplacement extends Replacement {
  /** The rows as they are kept. */
  readonly stored: readonly StoredOwnedRow[];
}

/**
 * Judges the wanted rows in their order, and compares them with those that are there.
 *
 * @throws DomainError for the first row that breaks a rule, with its place
 */
export function decideReplacement(
  organizationId: string,
  { present, connections }: ReplacementFacts,
  wanted: readonly WantedRow[],
): Replacement {
  const find = finder(connections);
  const places = new Map<string, number>();
  const rows = wanted.map(({ connection: named, ...settings }, index): OwnedRow =>
    inPlace(`connections.${index}`, () => {
      const connection = found(find(named), 'connection_in_body_unknown');
      const earlier = places.get(connection.id);
      if (earlier !== undefined) throw new DomainError('connection_named_twice', String(earlier));
      places.set(connection.id, index);
      return rowOf(organizationId, connection, settings);
    }),
  );
  rows.sort((a, b) => (a.connectionId < b.connectionId ? -1 : 1));
  return { rows, difference: differenceOf(present, rows) };
}

import { DomainError, inPlace } from '../../errors/domain-error.js';
import { found } from '../../errors/found.js';
import { differenceOf, type Difference } from './difference.js';
import {
  rowOf,
  type ConnectionFacts,
  type OrganizationConnection,
  type StoredOrganizationConnection,
} from './organization-connection.js';
import { finder, type Reference } from './reference.js';
import type { Settings } from './settings.js';

/** A row in the request. */
export interface WantedRow extends Settings {
  readonly connection: Reference;
}

export interface ReplacementFacts {
  /** All rows of the organization. */
  readonly present: readonly StoredOrganizationConnection[];
  /** The connections of the present and wanted rows, as far as they exist. */
  readonly connections: readonly ConnectionFacts[];
}

/** The wanted rows, ordered by connection id, and their difference from the present ones. */
export interface Replacement {
  readonly rows: readonly OrganizationConnection[];
  readonly difference: Difference;
}

/** A written replacement, with the stored rows. */
export interface StoredReplacement extends Replacement {
  readonly stored: readonly StoredOrganizationConnection[];
}

/**
 * Checks the wanted rows in their order, and compares them with the present ones.
 *
 * @throws DomainError for the first row that breaks a rule, with its index
 */
export function decideReplacement(
  organizationId: string,
  { present, connections }: ReplacementFacts,
  wanted: readonly WantedRow[],
): Replacement {
  const find = finder(connections);
  const places = new Map<string, number>();
  const rows = wanted.map(({ connection: named, ...settings }, index): OrganizationConnection =>
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

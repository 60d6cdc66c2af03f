import type { StrategyKind } from '../../connections/domain/strategy.js';
import { DEFAULT_TERMS, requireAllowedTerms, type Terms } from './terms.js';

export const ORGANIZATION_ACCESS_LEVELS = ['none', 'readonly', 'limited', 'full'] as const;
export type OrganizationAccessLevel = (typeof ORGANIZATION_ACCESS_LEVELS)[number];

/** What the newer face adds to the terms. */
export interface Settings extends Terms {
  isEnabled: boolean;
  organizationAccessLevel: OrganizationAccessLevel;
  /** Null: not set. */
  organizationConnectionName: string | null;
}

export const DEFAULT_SETTINGS: Readonly<Settings> = {
  ...DEFAULT_TERMS,
  isEnabled: true,
  organizationAccessLevel: 'none',
  organizationConnectionName: null,
};

/** Which row: an organization's own, of one connection. */
export interface OrganizationConnectionKey {
  organizationId: string;
  connectionId: string;
}

/** A row to be made. */
export interface NewRow extends Settings {
  connectionId: string;
}

/** A row, with what every answer shows of its connection. */
export interface OrganizationConnection extends Settings {
  connectionId: string;
  strategyKind: StrategyKind;
  connectionName: string;
  strategy: string;
}

/** The same as it is kept. */
export interface StoredOrganizationConnection extends OrganizationConnection {
  version: bigint;
}

/** The same where rows of several organizations are at hand. */
export interface OwnedRow extends OrganizationConnection {
  organizationId: string;
}

/** The same as it is kept. */
export interface StoredOwnedRow extends OwnedRow {
  version: bigint;
}

/** What a row shows of its connection, and what its kind allows. */
export interface ConnectionFacts {
  readonly id: string;
  readonly name: string;
  readonly strategy: string;
  readonly strategyKind: StrategyKind;
}

/**
 * The two faces of the same rows: on the older one (`/enabled_connections`) only rows that are enabled exist, on the
 * newer one (`/connections`) all do.
 */
export type Face = 'older' | 'newer';

/** @throws DomainError when the connection cannot have these terms */
export function rowOf(
  organizationId: string,
  { id, name, strategy, strategyKind }: ConnectionFacts,
  settings: Settings,
): OwnedRow {
  requireAllowedTerms(strategyKind, settings);
  return { ...settings, organizationId, connectionId: id, connectionName: name, strategy, strategyKind };
}

/** The row as it will be; what is undefined stays. */
export function withChanges<Row extends Settings>(row: Row, changes: Partial<Settings>): Row {
  const made = Object.entries(changes).filter(([, value]) => value !== undefined);
  return { ...row, ...Object.fromEntries(made) };
}

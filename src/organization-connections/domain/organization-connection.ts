import type { StrategyKind } from '../../connections/domain/strategy.js';
import { DEFAULT_TERMS, type Terms } from './terms.js';

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

/**
 * The two faces of the same rows: on the older one (`/enabled_connections`) only rows that are enabled exist, on the
 * newer one (`/connections`) all do.
 */
export type Face = 'older' | 'newer';

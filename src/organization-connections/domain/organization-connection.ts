import type { StrategyKind } from '../../connections/domain/strategy.js';
import { requireAllowedFlags } from './flags.js';
import type { Settings } from './settings.js';

/** The key of a row. */
export interface OrganizationConnectionKey {
  readonly organizationId: string;
  readonly connectionId: string;
}

/** A row, with the fields of its connection that answers show. */
export interface OrganizationConnection extends OrganizationConnectionKey, Settings {
  readonly strategyKind: StrategyKind;
  readonly connectionName: string;
  readonly strategy: string;
}

/** A stored row, with the version its ETag is made of. */
export interface StoredOrganizationConnection extends OrganizationConnection {
  readonly version: bigint;
}

/** The fields of a connection that its rows show, and its kind, which decides the allowed flags. */
export interface ConnectionFacts {
  readonly id: string;
  readonly name: string;
  readonly strategy: string;
  readonly strategyKind: StrategyKind;
}

/**
 * The two views of the rows: in the enabled-connections API (`/enabled_connections`) only rows that are enabled exist, in
 * the connections API (`/connections`) all do.
 */
export type Api = 'enabled-connections' | 'connections';

/** @throws DomainError when the connection cannot have these settings */
export function rowOf(
  organizationId: string,
  { id, name, strategy, strategyKind }: ConnectionFacts,
  settings: Settings,
): OrganizationConnection {
  requireAllowedFlags(strategyKind, settings);
  return { ...settings, organizationId, connectionId: id, connectionName: name, strategy, strategyKind };
}

import type { StrategyKind } from '../../connections/domain/strategy.js';
import type { Terms } from '../../organization-connections/domain/terms.js';

/** A connection, as far as signing in with it goes. */
export interface LoginConnection {
  readonly id: string;
  readonly name: string;
  /** Null: none. */
  readonly displayName: string | null;
  readonly strategy: string;
  readonly kind: StrategyKind;
  /** The applications that may use it. */
  readonly enabledClients: readonly string[];
}

/** On what terms an organization lets people in by one of its connections. */
export interface ConnectionTerms extends Readonly<Terms> {
  readonly connection: LoginConnection;
  readonly isEnabled: boolean;
}

/** An organization with all its connections in order, those that are not enabled too. */
export interface OrganizationTerms {
  readonly id: string;
  readonly name: string;
  readonly displayName: string | null;
  readonly branding: unknown;
  readonly connections: readonly ConnectionTerms[];
}

/** Without an application there is nothing to ask. */
export const isEnabledForClient = ({ enabledClients }: LoginConnection, clientId: string | undefined): boolean =>
  clientId === undefined || enabledClients.includes(clientId);

const ORDER_OF_KINDS: Readonly<Record<StrategyKind, number>> = {
  enterprise: 0,
  social: 1,
  database: 2,
  passwordless: 3,
};

/** By kind, and by name within a kind. */
export function inOrder(terms: readonly ConnectionTerms[]): ConnectionTerms[] {
  return [...terms].sort(
    ({ connection: a }, { connection: b }) =>
      ORDER_OF_KINDS[a.kind] - ORDER_OF_KINDS[b.kind] || (a.name < b.name ? -1 : 1),
  );
}

/** Those with which people can sign in to the organization by the application. */
export function usable(terms: readonly ConnectionTerms[], clientId: string | undefined): ConnectionTerms[] {
  return terms.filter(({ isEnabled, connection }) => isEnabled && isEnabledForClient(connection, clientId));
}

import type { StrategyKind } from '../../connections/domain/strategy.js';

/** A connection, as far as signing in with it goes. */
export interface LoginConnection {
  readonly id: string;
  readonly name: string;
  readonly displayName: string | null;
  readonly strategy: string;
  readonly kind: StrategyKind;
  /** The applications that may use it, by client id. */
  readonly enabledClients: readonly string[];
}

/** The flags of an organization connection that a sign-in reads. */
export interface SignInFlags {
  readonly isEnabled: boolean;
  readonly assignMembershipOnLogin: boolean;
  readonly isSignupEnabled: boolean;
  readonly showAsButton: boolean;
}

/** An organization connection, as far as signing in with it goes. */
export interface SignInConnection extends SignInFlags {
  readonly connection: LoginConnection;
}

/** An organization with all its connections in the order of the login page, also those that are not enabled. */
export interface SignInOrganization {
  readonly id: string;
  readonly name: string;
  readonly displayName: string | null;
  readonly branding: unknown;
  readonly connections: readonly SignInConnection[];
}

/** Returns true when no application was named. */
export const isEnabledForClient = ({ enabledClients }: LoginConnection, clientId: string | undefined): boolean =>
  clientId === undefined || enabledClients.includes(clientId);

const ORDER_OF_KINDS: Readonly<Record<StrategyKind, number>> = {
  enterprise: 0,
  social: 1,
  database: 2,
  passwordless: 3,
};

/** Sorts by kind, and by name within a kind. */
export function inOrder(connections: readonly SignInConnection[]): SignInConnection[] {
  return [...connections].sort(
    ({ connection: a }, { connection: b }) =>
      ORDER_OF_KINDS[a.kind] - ORDER_OF_KINDS[b.kind] || (a.name < b.name ? -1 : 1),
  );
}

/** Keeps the connections with which users can sign in to the organization from the application. */
export function usable(connections: readonly SignInConnection[], clientId: string | undefined): SignInConnection[] {
  return connections.filter(({ isEnabled, connection }) => isEnabled && isEnabledForClient(connection, clientId));
}

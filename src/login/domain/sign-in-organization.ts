import type { StrategyKind } from '../../connections/domain/strategy.js';
import type { Settings } from '../../organization-connections/domain/settings.js';

/** The part of a connection that a sign-in needs. */
export interface LoginConnection {
  readonly id: string;
  readonly name: string;
  readonly displayName: string | null;
  readonly strategy: string;
  readonly kind: StrategyKind;
  /** Client ids of the applications that may use the connection. */
  readonly enabledClients: readonly string[];
}

/** The settings of an organization connection that a sign-in reads. */
export const SIGN_IN_FLAGS = [
  'isEnabled',
  'assignMembershipOnLogin',
  'isSignupEnabled',
  'showAsButton',
] as const satisfies readonly (keyof Settings)[];

export type SignInFlags = Readonly<Pick<Settings, (typeof SIGN_IN_FLAGS)[number]>>;

/** The part of an organization connection that a sign-in needs. */
export interface SignInConnection extends SignInFlags {
  readonly connection: LoginConnection;
}

/** An organization with all its connections in the order of the login page, including disabled ones. */
export interface SignInOrganization {
  readonly id: string;
  readonly name: string;
  readonly displayName: string | null;
  readonly branding: unknown;
  readonly connections: readonly SignInConnection[];
}

/** Returns true when the request names no application. */
export const isEnabledForClient = ({ enabledClients }: LoginConnection, clientId: string | undefined): boolean =>
  clientId === undefined || enabledClients.includes(clientId);

const ORDER_OF_KINDS: Readonly<Record<StrategyKind, number>> = {
  enterprise: 0,
  social: 1,
  database: 2,
  passwordless: 3,
};

/** Sorts by kind, and by name within a kind. */
export function sorted(connections: readonly SignInConnection[]): SignInConnection[] {
  return [...connections].sort(
    ({ connection: a }, { connection: b }) =>
      ORDER_OF_KINDS[a.kind] - ORDER_OF_KINDS[b.kind] || (a.name < b.name ? -1 : 1),
  );
}

/** The enabled connections that the application may use. */
export function usable(connections: readonly SignInConnection[], clientId: string | undefined): SignInConnection[] {
  return connections.filter(({ isEnabled, connection }) => isEnabled && isEnabledForClient(connection, clientId));
}

import { usable, type LoginConnection, type SignInOrganization } from './sign-in-organization.js';

export const NOTHING_VISIBLE = 'no connections enabled for the organization are visible';

export interface Prompt {
  readonly organization: SignInOrganization;
  /** Enterprise, social, database, passwordless; by name within a kind. */
  readonly connections: readonly LoginConnection[];
  /** The connection that accepts signup; undefined when none does. */
  readonly signup?: LoginConnection;
  /** Set when no connection is shown although some are enabled. */
  readonly reason?: typeof NOTHING_VISIBLE;
}

/** @param clientId the application; undefined returns the connections of all applications */
export function promptOf(organization: SignInOrganization, clientId: string | undefined): Prompt {
  const enabled = usable(organization.connections, clientId);
  const connections = enabled.filter(({ showAsButton }) => showAsButton).map(({ connection }) => connection);
  const isSilent = connections.length === 0 && organization.connections.some(({ isEnabled }) => isEnabled);
  const signup = enabled.find(({ isSignupEnabled }) => isSignupEnabled);
  return {
    organization,
    connections,
    ...(signup && { signup: signup.connection }),
    ...(isSilent && { reason: NOTHING_VISIBLE }),
  };
}

/** Whether the login page shows a button for the connection; other kinds have a form. */
export const isButton = ({ kind }: LoginConnection): boolean => kind === 'enterprise' || kind === 'social';

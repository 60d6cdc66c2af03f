import { usable, type ConnectionTerms, type LoginConnection, type OrganizationTerms } from './organization-terms.js';

export const NOTHING_VISIBLE = 'no connections enabled for the organization are visible';

/** What a login page shows for an organization. */
export interface Prompt {
  readonly organization: OrganizationTerms;
  /** Enterprise, social, database, passwordless; by name within a kind. */
  readonly connections: readonly LoginConnection[];
  /** The connection with which an account can be created; undefined: none. */
  readonly signup?: LoginConnection;
  /** Why there are no connections, when the organization has some that are enabled. */
  readonly reason?: typeof NOTHING_VISIBLE;
}

/** @param clientId the application; undefined: whatever any of them shows */
export function promptOf(organization: OrganizationTerms, clientId: string | undefined): Prompt {
  const enabled = usable(organization.connections, clientId);
  const connections = enabled.filter(({ showAsButton }) => showAsButton).map(connectionOf);
  const isSilent = connections.length === 0 && organization.connections.some(({ isEnabled }) => isEnabled);
  const signup = enabled.find(({ isSignupEnabled }) => isSignupEnabled);
  return {
    organization,
    connections,
    ...(signup && { signup: signup.connection }),
    ...(isSilent && { reason: NOTHING_VISIBLE }),
  };
}

/** Others ask for something to be filled in. */
export const isButton = ({ kind }: LoginConnection): boolean => kind === 'enterprise' || kind === 'social';

const connectionOf = ({ connection }: ConnectionTerms) => connection;

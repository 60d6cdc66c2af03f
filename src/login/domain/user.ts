import { normalizeEmail, userIdOf, type UserChanges } from '../../users/domain/user.js';
import type { LoginConnection } from './sign-in-organization.js';

/** The user in the request: an id, an e-mail address or both, and the profile for a new user. */
export interface RequestedUser extends Omit<UserChanges, 'blocked' | 'userMetadata' | 'appMetadata'> {
  readonly userId?: string;
}

/** The user with the requested id, and the user of the connection with the requested address. */
export interface UserMatches {
  readonly byId: string | null;
  readonly byIdConnection: string | null;
  readonly byIdBlocked: boolean | null;
  readonly byAddress: string | null;
  readonly byAddressBlocked: boolean | null;
}

/**
 * The user who signs in. `elsewhere`: the id belongs to another connection. `address_taken`: no user has the id, and
 * another user of the connection has the address.
 */
export type SignInUser =
  | { readonly kind: 'known'; readonly id: string; readonly isBlocked: boolean }
  | { readonly kind: 'unknown' | 'elsewhere' | 'address_taken' };

/** With a requested id, the address is not used to find the user: it may belong to another user by now. */
export function userOf({ userId }: RequestedUser, connection: LoginConnection, matches: UserMatches): SignInUser {
  const { byId, byIdConnection, byIdBlocked, byAddress, byAddressBlocked } = matches;
  if (userId === undefined) {
    return byAddress === null
      ? { kind: 'unknown' }
      : { kind: 'known', id: byAddress, isBlocked: byAddressBlocked === true };
  }
  if (byId !== null && byIdConnection === connection.id) {
    return { kind: 'known', id: byId, isBlocked: byIdBlocked === true };
  }
  if (byId !== null || !userId.startsWith(userIdOf(connection.strategy, ''))) return { kind: 'elsewhere' };
  return { kind: byAddress === null ? 'unknown' : 'address_taken' };
}

/** The requested address in its stored form, or undefined when the request has none. */
export const addressOf = ({ email }: RequestedUser): string | undefined =>
  email === undefined || email === null ? undefined : normalizeEmail(email);

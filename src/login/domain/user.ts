import { emailAsKept, userIdOf, type UserChanges } from '../../users/domain/user.js';
import type { LoginConnection } from './sign-in-organization.js';

/** Who signs in, as the request tells: an id, an address or both, and the profile of a user who is new. */
export interface RequestedUser extends Omit<UserChanges, 'blocked' | 'userMetadata' | 'appMetadata'> {
  readonly userId?: string;
}

/** The users that the requested id and, within the connection, the requested address belong to. */
export interface UserMatches {
  readonly byId: string | null;
  readonly byIdConnection: string | null;
  readonly byIdBlocked: boolean | null;
  readonly byAddress: string | null;
  readonly byAddressBlocked: boolean | null;
}

/**
 * The user of the connection whom the request is about. `elsewhere`: the id belongs to another connection.
 * `address_taken`: no user has the id, and another user has the address.
 */
export type SignInUser =
  | { readonly kind: 'known'; readonly id: string; readonly isBlocked: boolean }
  | { readonly kind: 'unknown' | 'elsewhere' | 'address_taken' };

/** An id decides alone: the address may belong to another user by now. */
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

/** The requested address as it is stored. Returns undefined when none was sent. */
export const addressOf = ({ email }: RequestedUser): string | undefined =>
  email === undefined || email === null ? undefined : emailAsKept(email);

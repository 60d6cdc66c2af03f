import { emailAsKept, userIdOf, type UserChanges } from '../../users/domain/user.js';
import type { Person } from './decision.js';
import type { LoginConnection } from './organization-terms.js';

/** Who wants to come in: an id, an address or both, and what else is known of them for the case that they are made. */
export interface Claimant extends UserChanges {
  readonly userId?: string;
}

/** The users that the id and, within the connection, the address lead to. Null: none. */
export interface UserRows {
  readonly byId: string | null;
  readonly byIdConnection: string | null;
  readonly byIdBlocked: boolean | null;
  readonly byAddress: string | null;
  readonly byAddressBlocked: boolean | null;
  /** Of the organization that was asked for, if any. */
  readonly byIdIsMember: boolean;
  readonly byAddressIsMember: boolean;
}

/** Whom a request is about. An id says it alone: an address may have gone to somebody else meanwhile. */
export function personOf({ userId }: Claimant, connection: LoginConnection, rows: UserRows): Person {
  if (userId === undefined) {
    if (rows.byAddress === null) return { kind: 'unknown' };
    return { kind: 'known', id: rows.byAddress, isBlocked: rows.byAddressBlocked === true };
  }
  if (rows.byId !== null && rows.byIdConnection === connection.id) {
    return { kind: 'known', id: rows.byId, isBlocked: rows.byIdBlocked === true };
  }
  if (rows.byId !== null || !userId.startsWith(userIdOf(connection.strategy, ''))) return { kind: 'elsewhere' };
  return { kind: rows.byAddress === null ? 'unknown' : 'address_taken' };
}

/** Whether the person is a member of the organization that was asked for. */
export const isMember = (person: Person, rows: UserRows): boolean =>
  person.kind === 'known' && (person.id === rows.byId ? rows.byIdIsMember : rows.byAddressIsMember);

/** As addresses are kept; undefined: none was sent. */
export const addressOf = ({ email }: Claimant): string | undefined =>
  email === undefined || email === null ? undefined : emailAsKept(email);

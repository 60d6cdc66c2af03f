import type { StrategyKind } from '../../connections/domain/strategy.js';

export type Metadata = Record<string, unknown>;

/** What can be set at creation and changed later; undefined leaves it as it is, null takes it away. */
export interface UserChanges {
  email?: string | null;
  emailVerified?: boolean;
  phoneNumber?: string | null;
  phoneVerified?: boolean;
  username?: string | null;
  name?: string | null;
  givenName?: string | null;
  familyName?: string | null;
  nickname?: string | null;
  picture?: string | null;
  blocked?: boolean;
  userMetadata?: Metadata;
  appMetadata?: Metadata;
}

export interface UserDraft extends UserChanges {
  /** The name of the connection. */
  connection: string;
  /** The id within the provider; undefined: one is made. */
  key?: string;
}

/** What an answer shows of a user's connection. */
export interface UserConnection {
  name: string;
  strategy: string;
  strategyKind: StrategyKind;
}

/** Somebody who signs in with one connection. */
export interface User {
  userId: string;
  email: string | null;
  emailVerified: boolean;
  phoneNumber: string | null;
  phoneVerified: boolean;
  username: string | null;
  name: string | null;
  givenName: string | null;
  familyName: string | null;
  nickname: string | null;
  picture: string | null;
  blocked: boolean;
  userMetadata: unknown;
  appMetadata: unknown;
  createdAt: Date;
  updatedAt: Date;
  version: bigint;
  connection: UserConnection;
}

/** Addresses are kept and compared in lower case. */
export const emailAsKept = (email: string): string => email.toLowerCase();

/** Fills in what the draft leaves open: whoever has no name goes by the address they sign in with. */
export function withDefaults(draft: UserDraft): UserDraft {
  return {
    ...draft,
    name: draft.name ?? draft.email ?? draft.phoneNumber ?? draft.username,
    nickname: draft.nickname ?? draft.email?.split('@', 1)[0] ?? draft.username,
  };
}

/** What a change of a user depends on. */
export type ChangeableUser = Pick<User, 'email' | 'phoneNumber' | 'userMetadata' | 'appMetadata' | 'version'>;

/** The change as it is stored: metadata merged into what is there, and what is no longer verified. */
export function mergedChanges(present: ChangeableUser, changes: UserChanges): UserChanges {
  const merge = (there: unknown, sent: Metadata | undefined) => sent && mergeMetadata(there as Metadata | null, sent);
  return {
    ...withVerificationLost(present, changes),
    userMetadata: merge(present.userMetadata, changes.userMetadata),
    appMetadata: merge(present.appMetadata, changes.appMetadata),
  };
}

/** Nobody has verified a new address or number yet, unless the same change says so. */
export function withVerificationLost(present: Pick<User, 'email' | 'phoneNumber'>, changes: UserChanges): UserChanges {
  const changed = (name: 'email' | 'phoneNumber') => changes[name] !== undefined && changes[name] !== present[name];
  return {
    ...changes,
    emailVerified: changes.emailVerified ?? (changed('email') ? false : undefined),
    phoneVerified: changes.phoneVerified ?? (changed('phoneNumber') ? false : undefined),
  };
}

export const userIdOf = (strategy: string, key: string): string => `${strategy}|${key}`;

/** The id within the provider. */
export const keyOf = (userId: string): string => userId.slice(userId.indexOf('|') + 1);

/** How large `user_metadata` and `app_metadata` may each be, before and after a merge. */
export const MAX_METADATA_BYTES = 256 * 1024;

/**
 * Metadata as clients of the Management API know it to change: its first level is merged, a property sent as null is
 * taken away, and an empty object takes everything away.
 */
export function mergeMetadata(present: Metadata | null, sent: Metadata): Metadata {
  if (Object.keys(sent).length === 0) return {};
  return Object.fromEntries(Object.entries({ ...present, ...sent }).filter(([, value]) => value !== null));
}

/** What a list of users can be ordered by. */
export const SORTABLE = ['created_at', 'email', 'name'] as const;

export interface UserOrder {
  readonly by: (typeof SORTABLE)[number];
  readonly descending: boolean;
}

export interface UserFilter {
  readonly email?: string;
  /** The name of the connection. */
  readonly connection?: string;
}

/** A search for one e-mail address, as the SDKs send it. Nothing else of the search language is understood. */
export const EMAIL_QUERY = /^email:(?:"([^"*\\]+)"|([^"*\\\s]+))$/;

/** @param query already matches {@link EMAIL_QUERY} */
export function emailOf(query: string): string | undefined {
  const [, quoted, bare] = EMAIL_QUERY.exec(query) ?? [];
  return quoted ?? bare;
}

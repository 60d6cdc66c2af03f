import type { StrategyKind } from '../../connections/domain/strategy.js';

export type Metadata = Record<string, unknown>;

/** A stored user, with the parts of the connection that answers contain. */
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
  connection: { name: string; strategy: string; strategyKind: StrategyKind };
}

type FixedField = 'userId' | 'createdAt' | 'updatedAt' | 'version' | 'connection';

/** The fields that can be set at creation and changed later; undefined leaves a field unchanged, null removes it. */
export interface UserChanges extends Partial<Omit<User, FixedField | 'userMetadata' | 'appMetadata'>> {
  userMetadata?: Metadata;
  appMetadata?: Metadata;
}

export interface UserDraft extends UserChanges {
  /** The name of the connection. */
  connection: string;
  /** The id within the provider; undefined generates one. */
  key?: string;
}

/** Addresses are stored and compared in lower case. */
export const normalizeEmail = (email: string): string => email.toLowerCase();

/** Adds the defaults: `name` is the first of e-mail address, phone number and username. */
export function withDefaults(draft: UserDraft): UserDraft {
  return {
    ...draft,
    name: draft.name ?? draft.email ?? draft.phoneNumber ?? draft.username,
    nickname: draft.nickname ?? draft.email?.split('@', 1)[0] ?? draft.username,
  };
}

export type ChangeableUser = Pick<User, 'email' | 'phoneNumber' | 'userMetadata' | 'appMetadata' | 'version'>;

/** The changes to store: metadata is merged, and a new address or phone number is unverified. */
export function mergedChanges(present: ChangeableUser, changes: UserChanges): UserChanges {
  const merge = (before: unknown, sent: Metadata | undefined) => sent && mergeMetadata(before as Metadata | null, sent);
  return {
    ...withVerificationLost(present, changes),
    userMetadata: merge(present.userMetadata, changes.userMetadata),
    appMetadata: merge(present.appMetadata, changes.appMetadata),
  };
}

/** A new address or phone number is unverified, unless the same change says otherwise. */
function withVerificationLost(present: Pick<User, 'email' | 'phoneNumber'>, changes: UserChanges): UserChanges {
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

/** The limit of `user_metadata` and of `app_metadata`, in a request and after a merge. */
export const MAX_METADATA_BYTES = 256 * 1024;

/**
 * Merges the first level of metadata, as the Management API does: a property sent as null is removed, and an empty
 * object removes all properties.
 */
export function mergeMetadata(present: Metadata | null, sent: Metadata): Metadata {
  if (Object.keys(sent).length === 0) return {};
  return Object.fromEntries(Object.entries({ ...present, ...sent }).filter(([, value]) => value !== null));
}

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

/** A search for one e-mail address, as the SDKs send it. Nothing else of the search language is supported. */
export const EMAIL_QUERY = /^email:(?:"([^"*\\]+)"|([^"*\\\s]+))$/;

/** @param query already matches {@link EMAIL_QUERY} */
export function emailOf(query: string): string | undefined {
  const [, quoted, bare] = EMAIL_QUERY.exec(query) ?? [];
  return quoted ?? bare;
}

import type { GrantedScopes } from '../auth/scopes.js';
import { tagged } from '../http/entity-tag.js';
import { select, tagPartOf, type FieldSelection } from '../http/field-selection.js';
import { presentPage, type Page } from '../http/pagination.js';
import { pictureOf } from './domain/picture.js';
import { keyOf, type User } from './domain/user.js';
import type { UserResponse } from './dto/user.dto.js';

export function presentUser(row: User): UserResponse {
  const picture = pictureOf(row);
  return {
    user_id: row.userId,
    ...(row.email === null ? undefined : { email: row.email }),
    email_verified: row.emailVerified,
    ...(row.phoneNumber === null ? undefined : { phone_number: row.phoneNumber, phone_verified: row.phoneVerified }),
    ...(row.username === null ? undefined : { username: row.username }),
    ...(row.name === null ? undefined : { name: row.name }),
    ...(row.givenName === null ? undefined : { given_name: row.givenName }),
    ...(row.familyName === null ? undefined : { family_name: row.familyName }),
    ...(row.nickname === null ? undefined : { nickname: row.nickname }),
    ...(picture === undefined ? undefined : { picture }),
    blocked: row.blocked,
    identities: [
      {
        connection: row.connection.name,
        user_id: keyOf(row.userId),
        provider: row.connection.strategy,
        isSocial: row.connection.strategyKind === 'social',
      },
    ],
    ...(row.userMetadata === null ? undefined : { user_metadata: row.userMetadata }),
    ...(row.appMetadata === null ? undefined : { app_metadata: row.appMetadata }),
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}

/** The fields for `read:user_idp_tokens` without `read:users`. The service stores no provider tokens. */
const IDENTITIES: FieldSelection = { names: new Set(['user_id', 'identities']), include: true };

/** The fields for `update:users_app_metadata` without `update:users`. */
const APP_METADATA: FieldSelection = { names: new Set(['user_id', 'app_metadata']), include: true };

function presentReadUser(row: User, scopes: GrantedScopes, selection?: FieldSelection): Partial<UserResponse> {
  return select(select(presentUser(row), scopes.has('read:users') ? undefined : IDENTITIES), selection);
}

/** A user with its ETag, limited to what these scopes may read. The connection's name and strategy never change. */
export function presentOneReadUser(
  row: User,
  scopes: GrantedScopes,
  selection: FieldSelection | undefined,
): Partial<UserResponse> {
  const part = scopes.has('read:users') ? undefined : 'identities';
  return tagged(presentReadUser(row, scopes, selection), row, part, tagPartOf(selection));
}

/** A changed user with its ETag, limited to what these scopes may change. */
export function presentOneUpdatedUser(row: User, scopes: GrantedScopes): Partial<UserResponse> {
  return scopes.has('update:users')
    ? presentOneUser(row)
    : tagged(select(presentUser(row), APP_METADATA), row, 'app_metadata');
}

/** A user with its ETag. */
export const presentOneUser = (row: User): UserResponse => tagged(presentUser(row), row);

/** With totals, this list has `length` too, unlike others. */
export function presentUsers(page: Page<User>, scopes: GrantedScopes, selection?: FieldSelection) {
  const shown = presentPage(page, 'users', (row) => presentReadUser(row, scopes, selection));
  return Array.isArray(shown) ? shown : { ...shown, length: page.rows.length };
}

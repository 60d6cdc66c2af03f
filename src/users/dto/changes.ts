import { normalizeEmail, emailOf, type UserChanges, type UserDraft, type UserFilter } from '../domain/user.js';
import type { ListUsersDto, UserCreateDto, UserUpdateDto } from './user.dto.js';

export function draftOf(dto: UserCreateDto): UserDraft {
  // The contract allows an empty id; a new one is generated for it.
  return { ...changesOf(dto), connection: dto.connection, key: dto.user_id || undefined };
}

export function changesOf(dto: UserCreateDto | UserUpdateDto): UserChanges {
  return {
    email: dto.email && normalizeEmail(dto.email),
    emailVerified: dto.email_verified,
    phoneNumber: dto.phone_number,
    phoneVerified: dto.phone_verified,
    username: dto.username,
    name: dto.name,
    givenName: dto.given_name,
    familyName: dto.family_name,
    nickname: dto.nickname,
    picture: dto.picture,
    blocked: dto.blocked,
    userMetadata: dto.user_metadata,
    appMetadata: dto.app_metadata,
  };
}

/** `email` takes precedence over `q`. */
export function filterOf({ email, q, connection }: ListUsersDto): UserFilter {
  return { email: email ?? (q === undefined ? undefined : emailOf(q)), connection };
}

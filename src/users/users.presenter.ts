import { select, type FieldSelection } from '../http/field-selection.js';
import { presentPage, type Page } from '../http/pagination.js';
import { pictureOf } from './domain/picture.js';
import { keyOf, type User } from './domain/user.js';
import type { UserResponse } from './dto/user.dto.js';

export function presentUser(row: User, selection?: FieldSelection): Partial<UserResponse> {
  const picture = pictureOf(row);
  const whole: UserResponse = {
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
  return select(whole, selection);
}

/** With totals, this list also says how many rows it has, which no other does. */
export function presentUsers(page: Page<User>, selection?: FieldSelection) {
  const shown = presentPage(page, 'users', (row) => presentUser(row, selection));
  return Array.isArray(shown) ? shown : { ...shown, length: page.rows.length };
}

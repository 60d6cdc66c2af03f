import { hotStatement } from '../database/hot/hot-statements.js';
import type { User } from './domain/user.js';

const COLUMNS: Readonly<Record<Exclude<keyof User, 'connection'>, string>> = {
  userId: 'user_id',
  email: 'email',
  emailVerified: 'email_verified',
  phoneNumber: 'phone_number',
  phoneVerified: 'phone_verified',
  username: 'username',
  name: 'name',
  givenName: 'given_name',
  familyName: 'family_name',
  nickname: 'nickname',
  picture: 'picture',
  blocked: 'blocked',
  userMetadata: 'user_metadata',
  appMetadata: 'app_metadata',
  createdAt: 'created_at',
  updatedAt: 'updated_at',
  version: 'version',
};

export const GET = hotStatement<User>(
  'user_get',
  `SELECT ${Object.entries(COLUMNS)
    .map(([field, column]) => `u.${column} AS "${field}"`)
    .join(', ')},
          json_build_object('name', c.name, 'strategy', c.strategy, 'strategyKind', c.strategy_kind) AS connection
     FROM users u JOIN connections c ON c.id = u.connection_id
    WHERE u.user_id = $1 AND c.deleted_at IS NULL`,
);

/** For the test of query plans. */
export const HOT_STATEMENTS = [GET];

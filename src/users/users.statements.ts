import { run, type Queryable, type Statement } from '../database/statement.js';
import type { User, UserConnection } from './domain/user.js';

const GET: Statement = {
  name: 'user_get',
  text: `
    SELECT u.user_id AS "userId", u.email, u.email_verified AS "emailVerified", u.phone_number AS "phoneNumber",
           u.phone_verified AS "phoneVerified", u.username, u.name, u.given_name AS "givenName",
           u.family_name AS "familyName", u.nickname, u.picture, u.blocked, u.user_metadata AS "userMetadata",
           u.app_metadata AS "appMetadata", u.created_at AS "createdAt", u.updated_at AS "updatedAt",
           c.name AS "connectionName", c.strategy, c.strategy_kind AS "strategyKind"
      FROM users u JOIN connections c ON c.id = u.connection_id
     WHERE u.user_id = $1`,
};

/** For a test that reads the plans. */
export const HOT_STATEMENTS: readonly Statement[] = [GET];

type UserRow = Omit<User, 'connection'> & { connectionName: string } & Omit<UserConnection, 'name'>;

export async function getUser(on: Queryable, userId: string): Promise<User | undefined> {
  const [row] = (await run<UserRow>(on, GET, [userId])).rows;
  if (!row) return undefined;
  const { connectionName: name, strategy, strategyKind, ...user } = row;
  return { ...user, connection: { name, strategy, strategyKind } };
}

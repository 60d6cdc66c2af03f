import type { StrategyKind } from '../connections/domain/strategy.js';
import {
  bigInteger,
  columns,
  flag,
  json,
  NO_COLUMNS,
  optionalText,
  run,
  text,
  time,
  type Queryable,
  type Statement,
} from '../database/statement.js';
import type { User } from './domain/user.js';

/** A row of `users u` without its connection. */
const USER = columns<Omit<User, 'connection'>>({
  userId: text('u.user_id'),
  email: optionalText('u.email'),
  emailVerified: flag('u.email_verified'),
  phoneNumber: optionalText('u.phone_number'),
  phoneVerified: flag('u.phone_verified'),
  username: optionalText('u.username'),
  name: optionalText('u.name'),
  givenName: optionalText('u.given_name'),
  familyName: optionalText('u.family_name'),
  nickname: optionalText('u.nickname'),
  picture: optionalText('u.picture'),
  blocked: flag('u.blocked'),
  userMetadata: json('u.user_metadata'),
  appMetadata: json('u.app_metadata'),
  createdAt: time('u.created_at'),
  updatedAt: time('u.updated_at'),
  version: bigInteger('u.version'),
});

const GET: Statement<User> = {
  name: 'user_get',
  text: `
    SELECT c.name, c.strategy, c.strategy_kind, ${USER.list}
      FROM users u JOIN connections c ON c.id = u.connection_id
     WHERE u.user_id = $1 AND c.deleted_at IS NULL`,
  rowOf: ([name, strategy, kind, ...fields]) => ({
    ...USER.rowOf(fields),
    connection: { name: name!, strategy: strategy!, strategyKind: kind as StrategyKind },
  }),
};

const REMOVE_UNSEEN: Statement<undefined> = {
  name: 'user_remove_unseen',
  text: `
    DELETE FROM users u USING connections c
     WHERE u.user_id = $1 AND c.id = u.connection_id AND c.deleted_at IS NOT NULL`,
  rowOf: NO_COLUMNS,
};

/** For a test that reads the plans. */
export const HOT_STATEMENTS: readonly Statement[] = [GET];

export async function getUser(on: Queryable, userId: string): Promise<User | undefined> {
  return (await run(on, GET, [userId])).rows[0];
}

/**
 * Removes a user of a connection that has been deleted, whom nobody sees any more, for one who is to have the same id.
 *
 * @returns whether there was one
 */
export async function removeUnseenUser(on: Queryable, userId: string): Promise<boolean> {
  return (await run(on, REMOVE_UNSEEN, [userId])).rowCount === 1;
}

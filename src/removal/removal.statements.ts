import {
  arrayOf,
  flag,
  NO_COLUMNS,
  run,
  text,
  columns,
  type Queryable,
  type Statement,
} from '../database/statement.js';

/** What may have more rows than one statement can remove. */
export type Owner = 'organizations' | 'connections';

const IS_LARGE = columns<{ isLarge: boolean }>({ isLarge: flag('is_large') });

const isMore = (rows: string) => `(SELECT count(*) FROM (SELECT ${rows} LIMIT $2 + 1) counted) > $2`;

// Counts no further than it must. The rows of the users are looked at only where there are few users.
const LARGE: Readonly<Record<Owner, Statement<{ isLarge: boolean }>>> = {
  organizations: {
    name: 'removal_is_organization_large',
    text: `SELECT ${isMore('FROM organization_members WHERE organization_id = $1')} AS is_large`,
    rowOf: IS_LARGE.rowOf,
  },
  connections: {
    name: 'removal_is_connection_large',
    text: `
      SELECT CASE
        WHEN ${isMore('FROM users WHERE connection_id = $1')} THEN true
        WHEN ${isMore('FROM organization_connections WHERE connection_id = $1')} THEN true
        ELSE ${isMore('FROM users u JOIN organization_members m ON m.user_id = u.user_id WHERE u.connection_id = $1')}
      END AS is_large`,
    rowOf: IS_LARGE.rowOf,
  },
};

// The name is one that no other row can have, and that nobody can give one: names have no spaces.
const hide = (owner: Owner): Statement<undefined> => ({
  name: `removal_hide_${owner}`,
  text: `
    UPDATE ${owner} SET deleted_at = CURRENT_TIMESTAMP, name = 'deleted ' || id
     WHERE id = $1 AND deleted_at IS NULL
       AND ($2::bigint[] IS NULL OR version = ANY ($2)) AND ($3::bigint[] IS NULL OR version <> ALL ($3))`,
  rowOf: NO_COLUMNS,
});

const HIDE: Readonly<Record<Owner, Statement>> = {
  organizations: hide('organizations'),
  connections: hide('connections'),
};

/** What an organization owns, but for its members: few rows, whose number is limited. */
const REMOVE_FEW: readonly Statement[] = ['organization_connections', 'organization_discovery_domains'].map(
  (table) => ({
    name: `removal_remove_${table}`,
    text: `DELETE FROM ${table} WHERE organization_id = $1`,
    rowOf: NO_COLUMNS,
  }),
);

const ID = columns<{ id: string }>({ id: text('id') });

const HAS_HIDDEN: Statement<boolean> = {
  name: 'removal_has_hidden',
  text: `
    SELECT EXISTS (SELECT FROM organizations WHERE deleted_at IS NOT NULL)
           OR EXISTS (SELECT FROM connections WHERE deleted_at IS NOT NULL)`,
  rowOf: ([hasHidden]) => hasHidden === 't',
};

// One that another server has taken is left to it.
const take = (owner: Owner): Statement<{ id: string }> => ({
  name: `removal_take_${owner}`,
  text: `
    SELECT ${ID.list} FROM ${owner} WHERE deleted_at IS NOT NULL AND id <> ALL ($1::text[])
     ORDER BY deleted_at LIMIT 1 FOR UPDATE SKIP LOCKED`,
  rowOf: ID.rowOf,
});

const TAKE: Readonly<Record<Owner, Statement<{ id: string }>>> = {
  organizations: take('organizations'),
  connections: take('connections'),
};

/** A row that somebody has locked is left for later, so that no deadlock comes of it. */
const removeSome = (what: string, table: string, condition: string): Statement => ({
  name: `removal_some_${what}`,
  text: `
    DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
      SELECT ctid FROM ${table} WHERE ${condition} LIMIT $2 FOR UPDATE SKIP LOCKED))`,
  rowOf: NO_COLUMNS,
});

const REMOVE_MEMBERS = removeSome('members', 'organization_members', 'organization_id = $1');
const REMOVE_ROWS = removeSome('rows', 'organization_connections', 'connection_id = $1');
const REMOVE_MEMBERSHIPS = removeSome('memberships', 'organization_members', 'user_id = ANY ($1::text[])');

const TAKE_USERS: Statement<string> = {
  name: 'removal_take_users',
  text: 'SELECT user_id FROM users WHERE connection_id = $1 LIMIT $2 FOR UPDATE SKIP LOCKED',
  rowOf: ([userId]) => userId!,
};

const REMOVE_USERS: Statement = {
  name: 'removal_remove_users',
  text: 'DELETE FROM users WHERE user_id = ANY ($1::text[])',
  rowOf: NO_COLUMNS,
};

// With what is added at this moment, by a request that began before the deletion. It waits for nobody who has rows locked.
const REMOVE: Readonly<Record<Owner, Statement>> = {
  organizations: {
    name: 'removal_remove_organization',
    text: `
      DELETE FROM organizations o
       WHERE id = $1 AND NOT EXISTS (SELECT FROM organization_members WHERE organization_id = o.id)`,
    rowOf: NO_COLUMNS,
  },
  connections: {
    name: 'removal_remove_connection',
    text: `
      DELETE FROM connections c
       WHERE id = $1 AND NOT EXISTS (SELECT FROM users WHERE connection_id = c.id)
         AND NOT EXISTS (SELECT FROM organization_connections WHERE connection_id = c.id)`,
    rowOf: NO_COLUMNS,
  },
};

/** Of these versions, and of none of those. */
export interface Versions {
  readonly in?: readonly bigint[];
  readonly notIn?: readonly bigint[];
}

/** Whether more than so many rows of one kind would go with it. */
export async function isLarge(on: Queryable, owner: Owner, id: string, rows: number): Promise<boolean> {
  return (await run(on, LARGE[owner], [id, rows])).rows[0]!.isLarge;
}

/** From the end of the transaction on nobody sees it. @returns whether there was such a one, of these versions */
export async function hideOwner(on: Queryable, owner: Owner, id: string, versions: Versions): Promise<boolean> {
  const { rowCount } = await run(on, HIDE[owner], [
    id,
    versions.in ? arrayOf(versions.in) : null,
    versions.notIn ? arrayOf(versions.notIn) : null,
  ]);
  return rowCount === 1;
}

export async function removeFew(on: Queryable, organizationId: string): Promise<void> {
  for (const statement of REMOVE_FEW) await run(on, statement, [organizationId]);
}

/** Whether there is anything to remove, for whoever is free to. */
export async function hasHidden(on: Queryable): Promise<boolean> {
  return (await run(on, HAS_HIDDEN, [])).rows[0]!;
}

/**
 * The id of one that is hidden, locked until the end of the transaction. Undefined: there is none, or others have them.
 *
 * @param but is not asked for
 */
export async function takeHidden(on: Queryable, owner: Owner, but: readonly string[]): Promise<string | undefined> {
  return (await run(on, TAKE[owner], [arrayOf(but)])).rows[0]?.id;
}

/** At most so many of its members. @returns how many */
export async function removeMembers(on: Queryable, organizationId: string, atMost: number): Promise<number> {
  return (await run(on, REMOVE_MEMBERS, [organizationId, atMost])).rowCount;
}

export async function removeRows(on: Queryable, connectionId: string, atMost: number): Promise<number> {
  return (await run(on, REMOVE_ROWS, [connectionId, atMost])).rowCount;
}

/** Users of a connection, locked until the end of the transaction. */
export async function takeUsers(on: Queryable, connectionId: string, atMost: number): Promise<readonly string[]> {
  return (await run(on, TAKE_USERS, [connectionId, atMost])).rows;
}

export async function removeMemberships(on: Queryable, userIds: readonly string[], atMost: number): Promise<number> {
  return (await run(on, REMOVE_MEMBERSHIPS, [arrayOf(userIds), atMost])).rowCount;
}

export async function removeUsers(on: Queryable, userIds: readonly string[]): Promise<void> {
  await run(on, REMOVE_USERS, [arrayOf(userIds)]);
}

/** @returns false when it still has rows, which somebody has locked */
export async function removeOwner(on: Queryable, owner: Owner, id: string): Promise<boolean> {
  return (await run(on, REMOVE[owner], [id])).rowCount === 1;
}

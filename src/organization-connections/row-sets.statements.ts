import type { StrategyKind } from '../connections/domain/strategy.js';
import {
  arrayOf,
  bigInteger,
  columns,
  integer,
  NO_COLUMNS,
  run,
  text,
  type Queryable,
  type Statement,
} from '../database/statement.js';
import type { Difference } from './domain/difference.js';
import type { SomeOrganizations } from './domain/move.js';
import type { RowUpdate } from './domain/operations.js';
import type {
  ConnectionFacts,
  OrganizationConnectionKey,
  OwnedRow,
  Settings,
  StoredOwnedRow,
} from './domain/organization-connection.js';
import type { Reference } from './domain/reference.js';
import { COLUMNS } from './organization-connections.statements.js';

/**
 * Statements on sets of rows, each one statement however large the set is. Whoever writes by them locks first, each by
 * id: the organizations, the connections, the rows. Which connections an organization has stays as it is then. Deletions
 * go the same way by cascade, connections are only kept from being deleted, and whoever changes one row waits for
 * nothing while holding it; so they wait for each other and not both. See docs/decisions/0028.
 */

export interface OrganizationFacts {
  readonly id: string;
  readonly name: string;
}

const ORGANIZATION = columns<OrganizationFacts>({ id: text('o.id'), name: text('o.name') });

const CONNECTION = columns<ConnectionFacts>({
  id: text('c.id'),
  name: text('c.name'),
  strategy: text('c.strategy'),
  strategyKind: text<StrategyKind>('c.strategy_kind'),
});

/** As many as an error can name. */
const LISTED_AT_MOST = 100;

/** A row without what it shows of its connection. */
export type BareRow = Omit<OwnedRow, 'connectionName' | 'strategy'>;

const { connectionName: _, strategy: __, ...OWN_COLUMNS } = COLUMNS;
const BARE_ROW = columns<BareRow>({ organizationId: text('oc.organization_id'), ...OWN_COLUMNS });
const OWNED_COLUMNS = { organizationId: text('oc.organization_id'), ...COLUMNS };
const ROW = columns<OwnedRow>(OWNED_COLUMNS);
const STORED_ROW = columns<StoredOwnedRow>({ ...OWNED_COLUMNS, version: bigInteger('oc.version') });

/** Those of these ids ($1) or names ($2). */
const idsNamed = (table: string) => `
  SELECT unnest($1::text[]) COLLATE "C" UNION ALL SELECT id FROM ${table} WHERE name = ANY ($2::text[])`;

const LOCK_ORGANIZATIONS: Statement<OrganizationFacts> = {
  name: 'row_sets_lock_organizations',
  text: `
    SELECT ${ORGANIZATION.list} FROM organizations o
     WHERE o.id IN (${idsNamed('organizations')}) AND o.deleted_at IS NULL ORDER BY o.id FOR NO KEY UPDATE`,
  rowOf: ORGANIZATION.rowOf,
};

const CONNECTIONS = `
    SELECT ${CONNECTION.list} FROM connections c
     WHERE c.id IN (${idsNamed('connections')}
                    UNION ALL SELECT connection_id FROM organization_connections WHERE organization_id = $3)
       AND c.deleted_at IS NULL
     ORDER BY c.id`;

const GET_CONNECTIONS: Statement<ConnectionFacts> = {
  name: 'row_sets_get_connections',
  text: CONNECTIONS,
  rowOf: CONNECTION.rowOf,
};

const LOCK_CONNECTIONS: Statement<ConnectionFacts> = {
  name: 'row_sets_lock_connections',
  text: `${CONNECTIONS} FOR KEY SHARE`,
  rowOf: CONNECTION.rowOf,
};

const ROWS_OF = `
    SELECT ${STORED_ROW.list}
      FROM organization_connections oc JOIN connections c ON c.id = oc.connection_id
     WHERE oc.organization_id = $1 AND c.deleted_at IS NULL ORDER BY oc.connection_id`;

const GET_ROWS_OF: Statement<StoredOwnedRow> = {
  name: 'row_sets_get_rows_of',
  text: ROWS_OF,
  rowOf: STORED_ROW.rowOf,
};

const LOCK_ROWS_OF: Statement<StoredOwnedRow> = {
  name: 'row_sets_lock_rows_of',
  text: `${ROWS_OF} FOR UPDATE OF oc`,
  rowOf: STORED_ROW.rowOf,
};

const LOCK_ROWS: Statement<BareRow> = {
  name: 'row_sets_lock_rows',
  text: `
    SELECT ${BARE_ROW.list}
      FROM unnest($1::text[], $2::text[]) named (organization_id, connection_id)
      JOIN organization_connections oc USING (organization_id, connection_id)
     ORDER BY oc.organization_id, oc.connection_id FOR UPDATE OF oc`,
  rowOf: BARE_ROW.rowOf,
};

const COUNT_ROWS: Statement<[organizationId: string, rows: number]> = {
  name: 'row_sets_count_rows',
  text: `
    SELECT oc.organization_id, count(*)
      FROM organization_connections oc JOIN connections c ON c.id = oc.connection_id
     WHERE oc.organization_id = ANY ($1::text[]) AND c.deleted_at IS NULL GROUP BY oc.organization_id`,
  rowOf: ([organizationId, rows]) => [organizationId!, Number(rows)],
};

// As the statement for one row: rules 1 and 2 are judged on the rows as they will be, and again when another writer was
// faster. It writes all of them or none. The count has the connections locked before any row is looked at.
const UPDATE_ALL: Statement<OwnedRow> = {
  name: 'row_sets_update_all',
  text: `
    WITH connection AS MATERIALIZED (
      SELECT id FROM connections WHERE id = ANY ($2::text[]) AND deleted_at IS NULL ORDER BY id FOR KEY SHARE
    ), allowed AS MATERIALIZED (
      SELECT sent.*
        FROM unnest($1::text[], $2::text[], $3::boolean[], $4::boolean[], $5::boolean[], $6::boolean[],
                    $7::organization_access_level[], $8::boolean[], $9::text[])
             sent (organization_id, connection_id, membership, signup, button, enabled, access_level, sets_name, name)
        JOIN organization_connections oc USING (organization_id, connection_id)
       WHERE (SELECT count(*) FROM connection) > 0
         AND oc.connection_id IN (SELECT id FROM connection)
         AND (NOT coalesce(sent.signup, oc.is_signup_enabled)
              OR (oc.strategy_kind = 'database' AND coalesce(sent.membership, oc.assign_membership_on_login)))
         AND (coalesce(sent.button, oc.show_as_button) OR oc.strategy_kind = 'enterprise')
       ORDER BY oc.organization_id, oc.connection_id FOR UPDATE OF oc
    )
    UPDATE organization_connections oc
       SET assign_membership_on_login = coalesce(allowed.membership, oc.assign_membership_on_login),
           is_signup_enabled = coalesce(allowed.signup, oc.is_signup_enabled),
           show_as_button = coalesce(allowed.button, oc.show_as_button),
           is_enabled = coalesce(allowed.enabled, oc.is_enabled),
           organization_access_level = coalesce(allowed.access_level, oc.organization_access_level),
           organization_connection_name = CASE WHEN allowed.sets_name THEN allowed.name ELSE oc.organization_connection_name END,
           updated_at = CURRENT_TIMESTAMP
      FROM allowed, connections c
     WHERE oc.organization_id = allowed.organization_id AND oc.connection_id = allowed.connection_id
       AND c.id = oc.connection_id
       AND (SELECT count(*) FROM allowed) = cardinality($1::text[])
    RETURNING ${ROW.list}`,
  rowOf: ROW.rowOf,
};

/** Rows as they shall be. */
const ROWS = `
  unnest($1::text[], $2::text[], $3::strategy_kind[], $4::boolean[], $5::boolean[], $6::boolean[], $7::boolean[],
         $8::organization_access_level[], $9::text[])
  shall (organization_id, connection_id, strategy_kind, assign_membership_on_login, is_signup_enabled, show_as_button,
         is_enabled, organization_access_level, organization_connection_name)`;

const ADD: Statement<undefined> = {
  name: 'row_sets_add',
  text: `
    INSERT INTO organization_connections (
      organization_id, connection_id, strategy_kind, assign_membership_on_login, is_signup_enabled, show_as_button,
      is_enabled, organization_access_level, organization_connection_name)
    SELECT * FROM ${ROWS}`,
  rowOf: NO_COLUMNS,
};

const CHANGE: Statement<undefined> = {
  name: 'row_sets_change',
  text: `
    UPDATE organization_connections oc
       SET assign_membership_on_login = shall.assign_membership_on_login,
           is_signup_enabled = shall.is_signup_enabled,
           show_as_button = shall.show_as_button,
           is_enabled = shall.is_enabled,
           organization_access_level = shall.organization_access_level,
           organization_connection_name = shall.organization_connection_name,
           updated_at = CURRENT_TIMESTAMP
      FROM ${ROWS}
     WHERE oc.organization_id = shall.organization_id AND oc.connection_id = shall.connection_id`,
  rowOf: NO_COLUMNS,
};

const REMOVE: Statement<undefined> = {
  name: 'row_sets_remove',
  text: `
    DELETE FROM organization_connections oc
     USING unnest($1::text[], $2::text[]) named (organization_id, connection_id)
     WHERE oc.organization_id = named.organization_id AND oc.connection_id = named.connection_id`,
  rowOf: NO_COLUMNS,
};

// A connection given in place of another is a row of its own, with the terms of the other's. The order by which rows are
// locked has all organizations locked before the first of them. The WHERE is judged again on a row that somebody else
// changed first.
const MOVE: Statement<undefined> = {
  name: 'row_sets_move',
  text: `
    WITH organization AS MATERIALIZED (
      SELECT id FROM organizations
       WHERE id IN (SELECT organization_id FROM organization_connections WHERE connection_id = $1)
       ORDER BY id FOR NO KEY UPDATE
    ), moved AS MATERIALIZED (
      SELECT oc.organization_id
        FROM organization JOIN organization_connections oc ON oc.organization_id = organization.id
       WHERE oc.connection_id = $1 ORDER BY oc.organization_id FOR UPDATE OF oc
    )
    UPDATE organization_connections oc
       SET connection_id = $2, strategy_kind = $3::strategy_kind,
           created_at = CURRENT_TIMESTAMP, updated_at = CURRENT_TIMESTAMP
      FROM moved
     WHERE oc.organization_id = moved.organization_id AND oc.connection_id = $1`,
  rowOf: NO_COLUMNS,
};

const LISTED = columns<{ organizationId: string; total: number }>({
  organizationId: text('oc.organization_id'),
  total: integer('count(*) OVER ()'),
});

const WITH_OTHER_TERMS: Statement<{ organizationId: string; total: number }> = {
  name: 'row_sets_with_other_terms',
  text: `
    SELECT ${LISTED.list} FROM organization_connections oc
     WHERE oc.connection_id = $1
       AND (oc.is_signup_enabled AND $2::strategy_kind <> 'database'
            OR NOT oc.show_as_button AND $2::strategy_kind <> 'enterprise')
     ORDER BY oc.organization_id LIMIT $3`,
  rowOf: LISTED.rowOf,
};

const WITH_BOTH: Statement<{ organizationId: string; total: number }> = {
  name: 'row_sets_with_both',
  text: `
    SELECT ${LISTED.list} FROM organization_connections oc
     WHERE oc.connection_id = $1
       AND EXISTS (SELECT FROM organization_connections other
                    WHERE other.organization_id = oc.organization_id AND other.connection_id = $2)
     ORDER BY oc.organization_id LIMIT $3`,
  rowOf: LISTED.rowOf,
};

/** By id. Until the transaction ends nobody adds to them, replaces their rows or deletes them. */
export async function lockOrganizations(
  on: Queryable,
  named: readonly Reference[],
): Promise<readonly OrganizationFacts[]> {
  return (await run(on, LOCK_ORGANIZATIONS, idsAndNames(named))).rows;
}

/**
 * By id, as far as there are any.
 *
 * @param organizationId whose connections are among them, named or not
 */
export async function getConnections(
  on: Queryable,
  named: readonly Reference[],
  organizationId = '',
): Promise<readonly ConnectionFacts[]> {
  return (await run(on, GET_CONNECTIONS, [...idsAndNames(named), organizationId])).rows;
}

/** The same; until the transaction ends nobody deletes them. */
export async function lockConnections(
  on: Queryable,
  named: readonly Reference[],
  organizationId = '',
): Promise<readonly ConnectionFacts[]> {
  return (await run(on, LOCK_CONNECTIONS, [...idsAndNames(named), organizationId])).rows;
}

/** All rows of an organization, by connection id. */
export async function getRowsOf(on: Queryable, organizationId: string): Promise<readonly StoredOwnedRow[]> {
  return (await run(on, GET_ROWS_OF, [organizationId])).rows;
}

/** The same; until the transaction ends nobody changes or removes them. */
export async function lockRowsOf(on: Queryable, organizationId: string): Promise<readonly StoredOwnedRow[]> {
  return (await run(on, LOCK_ROWS_OF, [organizationId])).rows;
}

/** Those of these keys that there are; until the transaction ends nobody changes or removes them. */
export async function lockRows(on: Queryable, keys: readonly OrganizationConnectionKey[]): Promise<readonly BareRow[]> {
  return (await run(on, LOCK_ROWS, keyArrays(keys))).rows;
}

/** By organization id; one without rows is left out. An empty set asks nothing. */
export async function countRows(
  on: Queryable,
  organizationIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (organizationIds.length === 0) return new Map();
  return new Map((await run(on, COUNT_ROWS, [arrayOf(organizationIds)])).rows);
}

/**
 * Changes rows of different organizations, and of each only what its update has: all of them or, when one does not exist
 * or would break a rule, none. In any order.
 */
export async function updateAll(on: Queryable, updates: readonly RowUpdate[]): Promise<readonly OwnedRow[]> {
  const each = (value: (changes: Partial<Settings>) => Field | undefined) =>
    arrayOf(updates.map(({ changes }) => value(changes)));
  const { rows } = await run(on, UPDATE_ALL, [
    ...keyArrays(updates),
    each(({ assignMembershipOnLogin }) => assignMembershipOnLogin),
    each(({ isSignupEnabled }) => isSignupEnabled),
    each(({ showAsButton }) => showAsButton),
    each(({ isEnabled }) => isEnabled),
    each(({ organizationAccessLevel }) => organizationAccessLevel),
    each(({ organizationConnectionName }) => organizationConnectionName !== undefined),
    each(({ organizationConnectionName }) => organizationConnectionName),
  ]);
  return rows;
}

/** Touches only the rows that differ. An empty set asks nothing. */
export async function write(on: Queryable, { removed, changed, added }: Difference): Promise<void> {
  if (removed.length > 0) await run(on, REMOVE, keyArrays(removed));
  if (changed.length > 0) await run(on, CHANGE, rowArrays(changed.map(({ after }) => after)));
  if (added.length > 0) await run(on, ADD, rowArrays(added));
}

/**
 * Gives every organization that has a connection another in its place, on the same terms.
 *
 * @returns how many
 */
export async function move(on: Queryable, fromId: string, to: ConnectionFacts): Promise<number> {
  return (await run(on, MOVE, [fromId, to.id, to.strategyKind])).rowCount;
}

/** The organizations of a connection with terms that one of this kind cannot have. */
export async function withOtherTerms(
  on: Queryable,
  connectionId: string,
  kind: StrategyKind,
): Promise<SomeOrganizations> {
  return someOf((await run(on, WITH_OTHER_TERMS, [connectionId, kind, LISTED_AT_MOST])).rows);
}

/** The organizations that have both connections. */
export async function withBoth(on: Queryable, connectionId: string, otherId: string): Promise<SomeOrganizations> {
  return someOf((await run(on, WITH_BOTH, [connectionId, otherId, LISTED_AT_MOST])).rows);
}

const someOf = (rows: readonly { organizationId: string; total: number }[]): SomeOrganizations => ({
  ids: rows.map(({ organizationId }) => organizationId),
  total: rows[0]?.total ?? 0,
});

function idsAndNames(named: readonly Reference[]): [string, string] {
  const ids = new Set(named.flatMap((one) => ('id' in one ? one.id : [])));
  const names = new Set(named.flatMap((one) => ('name' in one ? one.name : [])));
  return [arrayOf([...ids]), arrayOf([...names])];
}

const keyArrays = (keys: readonly OrganizationConnectionKey[]) => [
  arrayOf(keys.map(({ organizationId }) => organizationId)),
  arrayOf(keys.map(({ connectionId }) => connectionId)),
];

const rowArrays = (rows: readonly OwnedRow[]) => [
  ...keyArrays(rows),
  arrayOf(rows.map(({ strategyKind }) => strategyKind)),
  arrayOf(rows.map(({ assignMembershipOnLogin }) => assignMembershipOnLogin)),
  arrayOf(rows.map(({ isSignupEnabled }) => isSignupEnabled)),
  arrayOf(rows.map(({ showAsButton }) => showAsButton)),
  arrayOf(rows.map(({ isEnabled }) => isEnabled)),
  arrayOf(rows.map(({ organizationAccessLevel }) => organizationAccessLevel)),
  arrayOf(rows.map(({ organizationConnectionName }) => organizationConnectionName)),
];

type Field = string | boolean | null;

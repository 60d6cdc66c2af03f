import type { StrategyKind } from '../connections/domain/strategy.js';
import type { Actor } from '../actor.js';
import { asActor } from '../database/recording.js';
import {
  arrayOf,
  bigInteger,
  columns,
  flag,
  integer,
  NO_COLUMNS,
  optionalFlag,
  optionalText,
  run,
  text,
  type Queryable,
  type Statement,
} from '../database/statement.js';
import type {
  OrganizationAccessLevel,
  OrganizationConnectionKey,
  Settings,
  StoredOrganizationConnection,
} from './domain/organization-connection.js';

/**
 * The hot operations on organization connections, one prepared statement each. A statement that writes decides existence,
 * rules and the write at once, so that nothing can come between check and write; no row in its answer means that it
 * did nothing, and the caller then finds out why.
 */

/** A row of `organization_connections oc` and its connection `c`. */
export const COLUMNS = {
  connectionId: text('oc.connection_id'),
  strategyKind: text<StrategyKind>('oc.strategy_kind'),
  assignMembershipOnLogin: flag('oc.assign_membership_on_login'),
  isSignupEnabled: flag('oc.is_signup_enabled'),
  showAsButton: flag('oc.show_as_button'),
  isEnabled: flag('oc.is_enabled'),
  organizationAccessLevel: text<OrganizationAccessLevel>('oc.organization_access_level'),
  organizationConnectionName: optionalText('oc.organization_connection_name'),
  connectionName: text('c.name'),
  strategy: text('c.strategy'),
};

const ROW = columns<StoredOrganizationConnection>({ ...COLUMNS, version: bigInteger('oc.version') });

/** `total` counts the rows of all pages. */
const LISTED = columns<StoredOrganizationConnection & { total: number }>({
  ...COLUMNS,
  version: bigInteger('oc.version'),
  total: integer('count(*) OVER ()'),
});

const GET: Statement<StoredOrganizationConnection> = {
  name: 'organization_connection_get',
  text: `
    SELECT ${ROW.list}
      FROM organization_connections oc JOIN connections c ON c.id = oc.connection_id
     WHERE oc.organization_id = $1 AND oc.connection_id = $2 AND (oc.is_enabled OR NOT $3::boolean)
       AND c.deleted_at IS NULL`,
  rowOf: ROW.rowOf,
};

// OFFSET 0 keeps the planner from joining the whole connections table: it looks each row's connection up by its key.
const LIST: Statement<StoredOrganizationConnection & { total: number }> = {
  name: 'organization_connection_list',
  text: `
    SELECT ${LISTED.list}
      FROM organization_connections oc,
           LATERAL (SELECT name, strategy FROM connections
                     WHERE id = oc.connection_id AND deleted_at IS NULL OFFSET 0) c
     WHERE oc.organization_id = $1 AND ($2::boolean IS NULL OR oc.is_enabled = $2)
     ORDER BY oc.connection_id LIMIT $3 OFFSET $4`,
  rowOf: LISTED.rowOf,
};

const COUNT: Statement<number> = {
  name: 'organization_connection_count',
  text: `
    SELECT (SELECT count(*) FROM organization_connections oc JOIN connections c ON c.id = oc.connection_id
             WHERE oc.organization_id = o.id AND ($2::boolean IS NULL OR oc.is_enabled = $2) AND c.deleted_at IS NULL)
      FROM organizations o WHERE o.id = $1 AND o.deleted_at IS NULL`,
  rowOf: ([total]) => Number(total),
};

// Rules 1 and 2 are judged on the row as it will be. When another writer was faster, Postgres judges its row again.
// Left to the trigger, the next version would take Postgres 2 to 5 µs more, of some 65.
const UPDATE: Statement<StoredOrganizationConnection> = {
  name: 'organization_connection_update',
  text: `
    UPDATE organization_connections oc
       SET assign_membership_on_login = coalesce($4, oc.assign_membership_on_login),
           is_signup_enabled = coalesce($5, oc.is_signup_enabled),
           show_as_button = coalesce($6, oc.show_as_button),
           is_enabled = coalesce($7, oc.is_enabled),
           organization_access_level = coalesce($8, oc.organization_access_level),
           organization_connection_name = CASE WHEN $9::boolean THEN $10 ELSE oc.organization_connection_name END,
           updated_at = CURRENT_TIMESTAMP,
           version = nextval('row_versions')
      FROM connections c
     WHERE oc.organization_id = $1 AND oc.connection_id = $2 AND (oc.is_enabled OR NOT $3::boolean)
       AND c.id = oc.connection_id AND c.deleted_at IS NULL
       AND ($11::bigint[] IS NULL OR oc.version = ANY ($11)) AND ($12::bigint[] IS NULL OR oc.version <> ALL ($12))
       AND (NOT coalesce($5, oc.is_signup_enabled)
            OR (oc.strategy_kind = 'database' AND coalesce($4, oc.assign_membership_on_login)))
       AND (coalesce($6, oc.show_as_button) OR oc.strategy_kind = 'enterprise')
       AND ${asActor('$13')}
    RETURNING ${ROW.list}`,
  rowOf: ROW.rowOf,
};

// The lock on the organization makes adds to it take turns; count_other_connections() looks after the lock is granted.
// Where a disabled row does not exist for the caller ($9), adding puts the new row in its place.
const ADD: Statement<StoredOrganizationConnection> = {
  name: 'organization_connection_add',
  text: `
    WITH organization AS MATERIALIZED (
      SELECT id FROM organizations WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE
    ), oc AS (
      INSERT INTO organization_connections AS present (
        organization_id, connection_id, strategy_kind, assign_membership_on_login, is_signup_enabled, show_as_button,
        is_enabled, organization_access_level, organization_connection_name)
      SELECT organization.id, c.id, c.strategy_kind, $3, $4, $5, $6, $7, $8
        FROM organization, connections c
       WHERE c.id = $2 AND c.deleted_at IS NULL AND ${asActor('$11')}
         AND (NOT $4::boolean OR (c.strategy_kind = 'database' AND $3::boolean))
         AND ($5::boolean OR c.strategy_kind = 'enterprise')
         AND count_other_connections(organization.id, c.id) < $10
      ON CONFLICT ON CONSTRAINT organization_connections_pkey DO UPDATE
         SET assign_membership_on_login = EXCLUDED.assign_membership_on_login,
             is_signup_enabled = EXCLUDED.is_signup_enabled,
             show_as_button = EXCLUDED.show_as_button,
             is_enabled = EXCLUDED.is_enabled,
             organization_access_level = EXCLUDED.organization_access_level,
             organization_connection_name = EXCLUDED.organization_connection_name,
             updated_at = CURRENT_TIMESTAMP
       WHERE $9::boolean AND NOT present.is_enabled
      RETURNING *
    )
    SELECT ${ROW.list} FROM oc JOIN connections c ON c.id = oc.connection_id`,
  rowOf: ROW.rowOf,
};

/** What decides whether a connection can be added to an organization. */
export interface AddFacts {
  readonly organizationExists: boolean;
  /** Of the connection; null: there is none. */
  readonly strategyKind: StrategyKind | null;
  /** Of the row that is there already; null: there is none. */
  readonly presentIsEnabled: boolean | null;
  /** How many other connections the organization has. */
  readonly otherConnections: number;
}

const ADD_FACTS = columns<AddFacts>({
  organizationExists: flag('EXISTS (SELECT FROM organizations WHERE id = $1 AND deleted_at IS NULL)'),
  strategyKind: optionalText<StrategyKind>(
    '(SELECT strategy_kind FROM connections WHERE id = $2 AND deleted_at IS NULL)',
  ),
  presentIsEnabled: optionalFlag(
    '(SELECT is_enabled FROM organization_connections WHERE organization_id = $1 AND connection_id = $2)',
  ),
  otherConnections: integer(
    `(SELECT count(*) FROM organization_connections oc JOIN connections c ON c.id = oc.connection_id
       WHERE oc.organization_id = $1 AND oc.connection_id <> $2 AND c.deleted_at IS NULL)`,
  ),
});

// For telling why ADD did nothing. All of it is of one moment.
const EXPLAIN_ADD: Statement<AddFacts> = {
  name: 'organization_connection_explain_add',
  text: `SELECT ${ADD_FACTS.list}`,
  rowOf: ADD_FACTS.rowOf,
};

// Also a row that nobody sees any more, because its connection has been deleted: it is on its way out.
const REMOVE: Statement<undefined> = {
  name: 'organization_connection_remove',
  text: `
    DELETE FROM organization_connections
     WHERE organization_id = $1 AND connection_id = $2 AND (is_enabled OR NOT $3::boolean)
       AND ($4::bigint[] IS NULL OR version = ANY ($4)) AND ($5::bigint[] IS NULL OR version <> ALL ($5))
       AND ${asActor('$6')}`,
  rowOf: NO_COLUMNS,
};

/** What every sign-in and every change asks, for a test that reads the plans. */
export const HOT_STATEMENTS: readonly Statement[] = [GET, LIST, UPDATE, ADD, REMOVE];

/** `onlyEnabled`: a row that is not enabled does not exist for this call. */
export interface Visibility {
  onlyEnabled: boolean;
}

/** Of these versions, and of none of those. */
export interface Versions {
  readonly in?: readonly bigint[];
  readonly notIn?: readonly bigint[];
}

export interface ListWindow {
  /** Undefined: both. */
  isEnabled?: boolean;
  offset: number;
  limit: number;
}

export async function get(
  on: Queryable,
  { organizationId, connectionId }: OrganizationConnectionKey,
  { onlyEnabled }: Visibility,
): Promise<StoredOrganizationConnection | undefined> {
  const { rows } = await run(on, GET, [organizationId, connectionId, onlyEnabled]);
  return rows[0];
}

/** Ordered by connection id; `total` counts all rows, not only those of the window. */
export async function list(
  on: Queryable,
  organizationId: string,
  { isEnabled, offset, limit }: ListWindow,
): Promise<readonly (StoredOrganizationConnection & { total: number })[]> {
  const values = [organizationId, isEnabled ?? null, limit, offset];
  return (await run(on, LIST, values)).rows;
}

/** Undefined: there is no such organization. */
export async function count(
  on: Queryable,
  organizationId: string,
  isEnabled: boolean | undefined,
): Promise<number | undefined> {
  const { rows } = await run(on, COUNT, [organizationId, isEnabled ?? null]);
  return rows[0];
}

/** Changes only what `changes` has. Undefined: there is no such row of these versions, or it would break a rule. */
export async function update(
  on: Queryable,
  actor: Actor,
  { organizationId, connectionId }: OrganizationConnectionKey,
  { onlyEnabled }: Visibility,
  changes: Partial<Settings>,
  versions: Versions = {},
): Promise<StoredOrganizationConnection | undefined> {
  const { rows } = await run(on, UPDATE, [
    organizationId,
    connectionId,
    onlyEnabled,
    changes.assignMembershipOnLogin ?? null,
    changes.isSignupEnabled ?? null,
    changes.showAsButton ?? null,
    changes.isEnabled ?? null,
    changes.organizationAccessLevel ?? null,
    changes.organizationConnectionName !== undefined,
    changes.organizationConnectionName ?? null,
    versions.in ? arrayOf(versions.in) : null,
    versions.notIn ? arrayOf(versions.notIn) : null,
    String(actor),
  ]);
  return rows[0];
}

/**
 * Undefined: it was not added; {@link explainAdd} tells why.
 *
 * @param limit how many connections an organization may have
 */
export async function add(
  on: Queryable,
  actor: Actor,
  { organizationId, connectionId }: OrganizationConnectionKey,
  { onlyEnabled }: Visibility,
  settings: Settings,
  limit: number,
): Promise<StoredOrganizationConnection | undefined> {
  const { rows } = await run(on, ADD, [
    organizationId,
    connectionId,
    settings.assignMembershipOnLogin,
    settings.isSignupEnabled,
    settings.showAsButton,
    settings.isEnabled,
    settings.organizationAccessLevel,
    settings.organizationConnectionName,
    onlyEnabled,
    limit,
    String(actor),
  ]);
  return rows[0];
}

export async function explainAdd(
  on: Queryable,
  { organizationId, connectionId }: OrganizationConnectionKey,
): Promise<AddFacts> {
  const { rows } = await run(on, EXPLAIN_ADD, [organizationId, connectionId]);
  return rows[0]!;
}

/** @returns whether there was a row of these versions */
export async function remove(
  on: Queryable,
  actor: Actor,
  { organizationId, connectionId }: OrganizationConnectionKey,
  { onlyEnabled }: Visibility,
  versions: Versions = {},
): Promise<boolean> {
  const { rowCount } = await run(on, REMOVE, [
    organizationId,
    connectionId,
    onlyEnabled,
    versions.in ? arrayOf(versions.in) : null,
    versions.notIn ? arrayOf(versions.notIn) : null,
    String(actor),
  ]);
  return rowCount === 1;
}

import type pg from 'pg';
import type { StrategyKind } from '../connections/domain/strategy.js';
import type {
  OrganizationAccessLevel,
  OrganizationConnection,
  Settings,
} from '../organization-connections/domain/organization-connection.js';
import { Prisma } from './generated/client.js';
import { PreparedStatement, type Field, type Result } from './prepared-statement.js';
import { refuse } from './refuse.js';

/**
 * The hot operations on organization connections, one prepared statement each. A statement decides existence, rules
 * and the write at once, so that nothing can come between check and write; no row in the answer means "refused", and
 * the caller then finds out why.
 */

/** In the order in which {@link rowOf} reads them. */
const COLUMNS = `
  oc.connection_id, oc.strategy_kind, oc.assign_membership_on_login, oc.is_signup_enabled, oc.show_as_button,
  oc.is_enabled, oc.organization_access_level, oc.organization_connection_name, c.name, c.strategy`;

const rowOf = (fields: readonly Field[]): OrganizationConnection => ({
  connectionId: fields[0]!,
  strategyKind: fields[1] as StrategyKind,
  assignMembershipOnLogin: fields[2] === 't',
  isSignupEnabled: fields[3] === 't',
  showAsButton: fields[4] === 't',
  isEnabled: fields[5] === 't',
  organizationAccessLevel: fields[6] as OrganizationAccessLevel,
  organizationConnectionName: fields[7] ?? null,
  connectionName: fields[8]!,
  strategy: fields[9]!,
});

const GET = new PreparedStatement(
  'organization_connection_get',
  `
    SELECT ${COLUMNS}
      FROM organization_connections oc JOIN connections c ON c.id = oc.connection_id
     WHERE oc.organization_id = $1 AND oc.connection_id = $2 AND (oc.is_enabled OR NOT $3::boolean)`,
  rowOf,
);

// OFFSET 0 keeps the planner from joining the whole connections table: it looks each row's connection up by its key.
const LIST = new PreparedStatement(
  'organization_connection_list',
  `
    SELECT ${COLUMNS}, count(*) OVER ()
      FROM organization_connections oc,
           LATERAL (SELECT name, strategy FROM connections WHERE id = oc.connection_id OFFSET 0) c
     WHERE oc.organization_id = $1 AND ($2::boolean IS NULL OR oc.is_enabled = $2)
     ORDER BY oc.connection_id LIMIT $3 OFFSET $4`,
  (fields) => Object.assign(rowOf(fields), { total: Number(fields[10]) }),
);

// Rules 1 and 2 are judged on the row as it will be. When another writer was faster, Postgres judges its row again.
const UPDATE = new PreparedStatement(
  'organization_connection_update',
  `
    UPDATE organization_connections oc
       SET assign_membership_on_login = coalesce($4, oc.assign_membership_on_login),
           is_signup_enabled = coalesce($5, oc.is_signup_enabled),
           show_as_button = coalesce($6, oc.show_as_button),
           is_enabled = coalesce($7, oc.is_enabled),
           organization_access_level = coalesce($8, oc.organization_access_level),
           organization_connection_name = CASE WHEN $9::boolean THEN $10 ELSE oc.organization_connection_name END,
           updated_at = CURRENT_TIMESTAMP
      FROM connections c
     WHERE oc.organization_id = $1 AND oc.connection_id = $2 AND (oc.is_enabled OR NOT $3::boolean)
       AND c.id = oc.connection_id
       AND (NOT coalesce($5, oc.is_signup_enabled)
            OR (oc.strategy_kind = 'database' AND coalesce($4, oc.assign_membership_on_login)))
       AND (coalesce($6, oc.show_as_button) OR oc.strategy_kind = 'enterprise')
    RETURNING ${COLUMNS}`,
  rowOf,
);

// The lock on the organization makes adds to it take turns; count_other_connections() looks after the lock is granted.
// Where a disabled row does not exist for the caller ($9), adding puts the new row in its place.
const ADD = new PreparedStatement(
  'organization_connection_add',
  `
    WITH organization AS MATERIALIZED (
      SELECT id FROM organizations WHERE id = $1 FOR NO KEY UPDATE
    ), oc AS (
      INSERT INTO organization_connections AS present (
        organization_id, connection_id, strategy_kind, assign_membership_on_login, is_signup_enabled, show_as_button,
        is_enabled, organization_access_level, organization_connection_name)
      SELECT organization.id, c.id, c.strategy_kind, $3, $4, $5, $6, $7, $8
        FROM organization, connections c
       WHERE c.id = $2
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
    SELECT ${COLUMNS} FROM oc JOIN connections c ON c.id = oc.connection_id`,
  rowOf,
);

const REMOVE = new PreparedStatement(
  'organization_connection_remove',
  `
    DELETE FROM organization_connections
     WHERE organization_id = $1 AND connection_id = $2 AND (is_enabled OR NOT $3::boolean)`,
  () => undefined,
);

/** For a test that reads their plans. */
export const HOT_STATEMENTS: readonly { readonly name: string; readonly text: string }[] = [
  GET,
  LIST,
  UPDATE,
  ADD,
  REMOVE,
];

export interface Key {
  organizationId: string;
  connectionId: string;
}

/** `onlyEnabled`: a row that is not enabled does not exist for this call. */
export interface Visibility {
  onlyEnabled: boolean;
}

export interface ListWindow {
  /** Undefined: both. */
  isEnabled?: boolean;
  offset: number;
  limit: number;
}

/** The statements as methods of `prisma.organizationConnection`. */
export const organizationConnectionStatements = (pool: pg.Pool) =>
  Prisma.defineExtension({
    model: {
      organizationConnection: {
        async getOne(key: Key, { onlyEnabled }: Visibility): Promise<OrganizationConnection | undefined> {
          return first(await GET.run(pool, [key.organizationId, key.connectionId, onlyEnabled]));
        },

        /** Ordered by connection id; `total` counts all rows, not only those of the window. */
        async listOf(
          organizationId: string,
          { isEnabled, offset, limit }: ListWindow,
        ): Promise<readonly (OrganizationConnection & { total: number })[]> {
          const values = [organizationId, isEnabled ?? null, limit, offset];
          return (await LIST.run(pool, values)).rows;
        },

        /** Changes only what `changes` has. */
        async updateOne(
          key: Key,
          { onlyEnabled }: Visibility,
          changes: Partial<Settings>,
        ): Promise<OrganizationConnection | undefined> {
          const values = [
            key.organizationId,
            key.connectionId,
            onlyEnabled,
            changes.assignMembershipOnLogin ?? null,
            changes.isSignupEnabled ?? null,
            changes.showAsButton ?? null,
            changes.isEnabled ?? null,
            changes.organizationAccessLevel ?? null,
            changes.organizationConnectionName !== undefined,
            changes.organizationConnectionName ?? null,
          ];
          return first(await UPDATE.run(pool, values));
        },

        /** @param limit how many connections an organization may have */
        async addOne(
          key: Key,
          { onlyEnabled }: Visibility,
          settings: Settings,
          limit: number,
        ): Promise<OrganizationConnection | undefined> {
          const values = [
            key.organizationId,
            key.connectionId,
            settings.assignMembershipOnLogin,
            settings.isSignupEnabled,
            settings.showAsButton,
            settings.isEnabled,
            settings.organizationAccessLevel,
            settings.organizationConnectionName,
            onlyEnabled,
            limit,
          ];
          return first(await ADD.run(pool, values).catch(refuse));
        },

        /** @returns whether there was a row */
        async removeOne(key: Key, { onlyEnabled }: Visibility): Promise<boolean> {
          const { rowCount } = await REMOVE.run(pool, [key.organizationId, key.connectionId, onlyEnabled]);
          return rowCount === 1;
        },
      },
    },
  });

const first = ({ rows }: Result<OrganizationConnection>): OrganizationConnection | undefined => rows[0];

import { hotStatement, setsActor } from '../database/hot/hot-statements.js';
import type { StoredOrganizationConnection } from './domain/organization-connection.js';
import { SETTING_NAMES, SETTINGS, type Settings } from './domain/settings.js';

/** The statements on one row, and on the list of an organization. */

const columns = (of: (column: string, at: number) => string) =>
  SETTING_NAMES.map((name, at) => of(SETTINGS[name].name, at)).join(', ');

/** The parameters of the settings, from `$from` on, in the order of the declaration. */
const parameters = (from: number) =>
  SETTING_NAMES.map((name, at) => `$${from + at}::${SETTINGS[name].type}`).join(', ');

export const valuesOf = (settings: Settings): unknown[] => SETTING_NAMES.map((name) => settings[name]);

/** A row of `organization_connections oc` with its connection `c`. */
export const ROW = `
  oc.organization_id AS "organizationId", oc.connection_id AS "connectionId", oc.strategy_kind AS "strategyKind",
  ${SETTING_NAMES.map((name) => `oc.${SETTINGS[name].name} AS "${name}"`).join(', ')},
  c.name AS "connectionName", c.strategy, oc.version`;

export const SETTING_COLUMNS = columns((column) => column);

/** With `$3`, a row that is not enabled does not exist. */
export const GET = hotStatement<StoredOrganizationConnection>(
  'organization_connection_get',
  `SELECT ${ROW}
     FROM organization_connections oc JOIN connections c ON c.id = oc.connection_id
    WHERE oc.organization_id = $1 AND oc.connection_id = $2 AND (oc.is_enabled OR NOT $3::boolean)
      AND c.deleted_at IS NULL`,
);

// OFFSET 0 keeps the planner from joining the whole connections table: it looks each row's connection up by its key.
export const LIST = hotStatement<StoredOrganizationConnection & { total: number }>(
  'organization_connection_list',
  `SELECT ${ROW}, (count(*) OVER ())::int AS total
     FROM organization_connections oc,
          LATERAL (SELECT name, strategy FROM connections
                    WHERE id = oc.connection_id AND deleted_at IS NULL OFFSET 0) c
    WHERE oc.organization_id = $1 AND ($2::boolean IS NULL OR oc.is_enabled = $2)
    ORDER BY oc.connection_id LIMIT $3::int OFFSET $4::bigint`,
);

/** Whether the row is of one of the versions `$4`, and of none of `$5`. */
const OF_VERSIONS =
  '($4::bigint[] IS NULL OR oc.version = ANY ($4)) AND ($5::bigint[] IS NULL OR oc.version <> ALL ($5))';

// `$7` says of each setting whether it is changed. The trigger would take Postgres 2 to 5 µs of some 65 for the version.
export const UPDATE = hotStatement<StoredOrganizationConnection>(
  'organization_connection_update',
  `UPDATE organization_connections oc
      SET ${columns((column, at) => `${column} = CASE WHEN ($7::boolean[])[${at + 1}] THEN $${8 + at} ELSE oc.${column} END`)},
          updated_at = CURRENT_TIMESTAMP, version = nextval('row_versions')
     FROM connections c
    WHERE oc.organization_id = $1 AND oc.connection_id = $2 AND (oc.is_enabled OR NOT $3::boolean)
      AND c.id = oc.connection_id AND c.deleted_at IS NULL AND ${OF_VERSIONS} AND ${setsActor('$6')}
   RETURNING ${ROW}`,
);

/** The parameters of {@link UPDATE} for the changes. */
export const changedValues = (changes: Partial<Settings>): unknown[] => [
  SETTING_NAMES.map((name) => changes[name] !== undefined),
  ...SETTING_NAMES.map((name) => changes[name] ?? null),
];

// The lock on the organization serializes adds to it. count_other_connections() counts after the lock was granted.
// With `$3`, a new row replaces one that is not enabled.
export const ADD = hotStatement<StoredOrganizationConnection>(
  'organization_connection_add',
  `WITH organization AS MATERIALIZED (
     SELECT id FROM organizations WHERE id = $1 AND deleted_at IS NULL FOR NO KEY UPDATE
   ), oc AS (
     INSERT INTO organization_connections AS present (
       organization_id, connection_id, strategy_kind, ${SETTING_COLUMNS})
     SELECT organization.id, c.id, c.strategy_kind, ${parameters(6)}
       FROM organization, connections c
      WHERE c.id = $2 AND c.deleted_at IS NULL AND count_other_connections(organization.id, c.id) < $4::int
        AND ${setsActor('$5')}
     ON CONFLICT ON CONSTRAINT organization_connections_pkey DO UPDATE
        SET ${columns((column) => `${column} = EXCLUDED.${column}`)}, updated_at = CURRENT_TIMESTAMP
      WHERE $3::boolean AND NOT present.is_enabled
     RETURNING *
   )
   SELECT ${ROW} FROM oc JOIN connections c ON c.id = oc.connection_id`,
);

// Deletes hidden rows too, whose connection is deleted but not removed yet.
export const REMOVE = hotStatement<{ connectionId: string }>(
  'organization_connection_remove',
  `DELETE FROM organization_connections oc
    WHERE organization_id = $1 AND connection_id = $2 AND (is_enabled OR NOT $3::boolean)
      AND ${OF_VERSIONS} AND ${setsActor('$6')}
   RETURNING connection_id AS "connectionId"`,
);

/** For the test of the query plans. */
export const HOT_STATEMENTS = [GET, LIST, UPDATE, ADD, REMOVE];

import { hotStatement } from '../database/hot/hot-statements.js';
import { SETTINGS } from '../organization-connections/domain/settings.js';
import {
  SIGN_IN_FLAGS,
  type LoginConnection,
  type SignInFlags,
  type SignInOrganization,
} from './domain/sign-in-organization.js';
import type { UserMatches } from './domain/user.js';

type Nullable<T> = { readonly [K in keyof T]: T[K] | null };

/** Columns of `organization_connections oc`. */
export const FLAGS = SIGN_IN_FLAGS.map((name) => `oc.${SETTINGS[name].name} AS "${name}"`).join(', ');

/** Columns of `connections c`. */
const CONNECTION = `
  c.id AS "connectionId",
  c.name AS "connectionName",
  c.display_name AS "connectionDisplayName",
  c.strategy,
  c.strategy_kind AS "kind",
  c.enabled_clients AS "enabledClients"`;

/** All columns are null when the organization does not have the connection, or it does not exist. */
export interface FlagsAndConnection
  extends Nullable<SignInFlags>, Nullable<Pick<LoginConnection, 'strategy' | 'kind' | 'enabledClients'>> {
  readonly connectionId: string | null;
  readonly connectionName: string | null;
  readonly connectionDisplayName: string | null;
}

/** Finds an id by an id or a name. A matching id takes precedence over another row's name. */
const idOf = (table: 'organizations' | 'connections', parameter: string) => `
  coalesce((SELECT id FROM ${table} WHERE id = ${parameter} AND deleted_at IS NULL),
           (SELECT id FROM ${table} WHERE name = ${parameter} AND deleted_at IS NULL))`;

interface PromptRow extends Omit<SignInOrganization, 'connections'>, FlagsAndConnection {}

/**
 * An organization by its id or name, with all its connections: a row each, or one row without a connection.
 *
 * OFFSET 0 keeps the planner from joining the whole connections table: each connection is looked up by its key.
 */
export const PROMPT = hotStatement<PromptRow>(
  'login_prompt',
  `SELECT o.id, o.name, o.display_name AS "displayName", o.branding, ${FLAGS}, ${CONNECTION}
     FROM organizations o
     LEFT JOIN organization_connections oc ON oc.organization_id = o.id
     LEFT JOIN LATERAL (SELECT id, name, display_name, strategy, strategy_kind, enabled_clients
                          FROM connections WHERE id = oc.connection_id AND deleted_at IS NULL OFFSET 0) c ON true
    WHERE o.id = ${idOf('organizations', '$1::text')}`,
);

export interface DecideRow extends FlagsAndConnection, UserMatches {
  readonly organizationId: string | null;
  readonly organizationName: string | null;
  /** Whether the requested user is a member of the organization. */
  readonly isMember: boolean;
}

/**
 * Everything that a decision about one organization depends on, in one row: organization and connection by id or name
 * ($1, $2), the user by id ($3) and by e-mail address within the connection ($4). Columns of missing rows are null.
 *
 * Excludes users of a deleted connection, which exist until the background job has removed them.
 */
export const DECIDE = hotStatement<DecideRow>(
  'login_decide',
  `SELECT o.id AS "organizationId", o.name AS "organizationName", ${FLAGS}, ${CONNECTION},
          by_id.user_id AS "byId", by_id.connection_id AS "byIdConnection", by_id.blocked AS "byIdBlocked",
          by_address.user_id AS "byAddress", by_address.blocked AS "byAddressBlocked",
          EXISTS (SELECT FROM organization_members m
                   WHERE m.organization_id = o.id AND m.user_id = coalesce($3::text, by_address.user_id)) AS "isMember"
     FROM (SELECT) AS requested
     LEFT JOIN organizations o ON o.id = ${idOf('organizations', '$1::text')}
     LEFT JOIN connections c ON c.id = ${idOf('connections', '$2::text')}
     LEFT JOIN organization_connections oc ON oc.organization_id = o.id AND oc.connection_id = c.id
     LEFT JOIN users by_id
       ON by_id.user_id = $3::text AND (SELECT deleted_at IS NULL FROM connections WHERE id = by_id.connection_id)
     LEFT JOIN users by_address ON by_address.connection_id = c.id AND by_address.email = $4::text`,
);

/** For the test of query plans. PROMPT is not in it, because it may use a bitmap scan. */
export const HOT_STATEMENTS = [DECIDE];

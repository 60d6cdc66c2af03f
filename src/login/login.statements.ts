import type { StrategyKind } from '../connections/domain/strategy.js';
import {
  columns,
  flag,
  json,
  NO_COLUMNS,
  optionalFlag,
  optionalText,
  run,
  text,
  textList,
  type Queryable,
  type Statement,
} from '../database/statement.js';
import type { UserChanges } from '../users/domain/user.js';
import type { Candidate } from './domain/decision.js';
import type { OrganizationName } from './domain/discovery.js';
import {
  inOrder,
  type ConnectionTerms,
  type LoginConnection,
  type OrganizationTerms,
} from './domain/organization-terms.js';
import type { UserRows } from './domain/person.js';

/** What a sign-in asks of the database, one prepared statement each; it has no other work there. */

/** A row of `connections c`. */
const CONNECTION = columns<LoginConnection>({
  id: text('c.id'),
  name: text('c.name'),
  displayName: optionalText('c.display_name'),
  strategy: text('c.strategy'),
  kind: text<StrategyKind>('c.strategy_kind'),
  enabledClients: textList('c.enabled_clients'),
});

/** A row of `organization_connections oc`, of which there may be none. */
const TERMS = columns<Omit<ConnectionTerms, 'connection'>>({
  isEnabled: flag('oc.is_enabled'),
  assignMembershipOnLogin: flag('oc.assign_membership_on_login'),
  isSignupEnabled: flag('oc.is_signup_enabled'),
  showAsButton: flag('oc.show_as_button'),
});

const ORGANIZATION = columns<Omit<OrganizationTerms, 'connections'>>({
  id: text('o.id'),
  name: text('o.name'),
  displayName: optionalText('o.display_name'),
  branding: json('o.branding'),
});

interface OrganizationRow {
  readonly organization: Omit<OrganizationTerms, 'connections'>;
  /** Undefined: the organization has no connections. */
  readonly terms?: ConnectionTerms;
}

// An id wins over a name: nobody can take an organization over by naming another like it. OFFSET 0 keeps the planner
// from joining the whole connections table: it looks each row's connection up by its key.
const ORGANIZATION_TERMS: Statement<OrganizationRow> = {
  name: 'login_organization_terms',
  text: `
    SELECT ${ORGANIZATION.list}, ${TERMS.list}, ${CONNECTION.list}
      FROM organizations o
      LEFT JOIN organization_connections oc ON oc.organization_id = o.id
      LEFT JOIN LATERAL (SELECT * FROM connections WHERE id = oc.connection_id AND deleted_at IS NULL OFFSET 0) c ON true
     WHERE o.id = coalesce((SELECT id FROM organizations WHERE id = $1 AND deleted_at IS NULL),
                           (SELECT id FROM organizations WHERE name = $1 AND deleted_at IS NULL))`,
  rowOf: (fields) => {
    const organization = ORGANIZATION.rowOf(fields);
    const terms = fields.slice(ORGANIZATION.count);
    const connection = terms.slice(TERMS.count);
    if (connection[0] === null) return { organization };
    return { organization, terms: { ...TERMS.rowOf(terms), connection: CONNECTION.rowOf(connection) } };
  },
};

const CONNECTION_BY_ID_OR_NAME: Statement<LoginConnection> = {
  name: 'login_connection',
  text: `
    SELECT ${CONNECTION.list}
      FROM connections c
     WHERE c.id = coalesce((SELECT id FROM connections WHERE id = $1 AND deleted_at IS NULL),
                           (SELECT id FROM connections WHERE name = $1 AND deleted_at IS NULL))`,
  rowOf: CONNECTION.rowOf,
};

const isMemberSql = (user: 'by_id' | 'by_address') => `
  EXISTS (SELECT FROM organization_members WHERE organization_id = asked.organization_id AND user_id = ${user}.user_id)
  AND (SELECT deleted_at IS NULL FROM organizations WHERE id = asked.organization_id)`;

/** Users of a connection that has been deleted are there until they have been removed, and are nobody. */
const isThereSql = (connectionId: string) => `(SELECT deleted_at IS NULL FROM connections WHERE id = ${connectionId})`;

const USER = columns<UserRows>({
  byId: optionalText('by_id.user_id'),
  byIdConnection: optionalText('by_id.connection_id'),
  byIdBlocked: optionalFlag('by_id.blocked'),
  byAddress: optionalText('by_address.user_id'),
  byAddressBlocked: optionalFlag('by_address.blocked'),
  byIdIsMember: flag(isMemberSql('by_id')),
  byAddressIsMember: flag(isMemberSql('by_address')),
});

const USERS: Statement<UserRows> = {
  name: 'login_users',
  text: `
    SELECT ${USER.list}
      FROM (VALUES ($1::text, $2::text, $3::text, $4::text)) asked (connection_id, user_id, email, organization_id)
      LEFT JOIN users by_id ON by_id.user_id = asked.user_id AND ${isThereSql('by_id.connection_id')}
      LEFT JOIN users by_address
        ON by_address.connection_id = asked.connection_id AND by_address.email = asked.email
       AND ${isThereSql('asked.connection_id')}`,
  rowOf: USER.rowOf,
};

const CANDIDATE = columns<OrganizationName & NonNullable<Candidate['terms']> & { isMember: boolean }>({
  id: text('o.id'),
  name: text('o.name'),
  isEnabled: flag('oc.is_enabled'),
  assignMembershipOnLogin: flag('oc.assign_membership_on_login'),
  isSignupEnabled: flag('oc.is_signup_enabled'),
  isMember: flag('EXISTS (SELECT FROM organization_members WHERE organization_id = o.id AND user_id = $2)'),
});

const candidateOf: Statement<Candidate>['rowOf'] = (fields) => {
  const { id, name, isMember, ...terms } = CANDIDATE.rowOf(fields);
  return { organization: { id, name }, terms, isMember };
};

/** Two are enough to know that it is not one. */
const OPEN_ORGANIZATIONS: Statement<Candidate> = {
  name: 'login_open_organizations',
  text: `
    SELECT ${CANDIDATE.list}
      FROM organization_connections oc JOIN organizations o ON o.id = oc.organization_id
     WHERE oc.connection_id = $1 AND oc.is_enabled
       AND CASE WHEN $3::boolean THEN oc.is_signup_enabled ELSE oc.assign_membership_on_login END
     LIMIT 2`,
  rowOf: candidateOf,
};

const OWN_ORGANIZATIONS: Statement<Candidate> = {
  name: 'login_own_organizations',
  text: `
    SELECT ${CANDIDATE.list}
      FROM organization_members m
      JOIN organization_connections oc ON oc.organization_id = m.organization_id AND oc.connection_id = $1
      JOIN organizations o ON o.id = oc.organization_id
     WHERE m.user_id = $2 AND oc.is_enabled
     LIMIT 2`,
  rowOf: candidateOf,
};

// In the order in which deletions go by cascade, so that a grant and a deletion wait for each other and not both.
const LOCK_TERMS: Statement<undefined> = {
  name: 'login_lock_terms',
  text: `
    SELECT FROM organizations o, connections c, organization_connections oc
     WHERE o.id = $1 AND c.id = $2 AND oc.organization_id = o.id AND oc.connection_id = c.id
       FOR KEY SHARE OF o FOR SHARE OF c FOR SHARE OF oc`,
  rowOf: NO_COLUMNS,
};

const LOCK_USER: Statement<undefined> = {
  name: 'login_lock_user',
  text: 'SELECT FROM users WHERE user_id = $1 FOR SHARE',
  rowOf: NO_COLUMNS,
};

const ADD_USER: Statement<undefined> = {
  name: 'login_add_user',
  text: `
    INSERT INTO users (user_id, connection_id, email, email_verified, phone_number, phone_verified, name, given_name,
                       family_name, nickname, picture)
    VALUES ($1, $2, $3, coalesce($4, false), $5, coalesce($6, false), $7, $8, $9, $10, $11)
    ON CONFLICT DO NOTHING`,
  rowOf: NO_COLUMNS,
};

const ADD_MEMBER: Statement<undefined> = {
  name: 'login_add_member',
  text: `
    INSERT INTO organization_members (organization_id, user_id) VALUES ($1, $2)
    ON CONFLICT ON CONSTRAINT organization_members_pkey DO NOTHING`,
  rowOf: NO_COLUMNS,
};

/** Options are read as they were sent: what is in them may be no JSON that Postgres' own operators take. */
const ENTERPRISE_OPTIONS: Statement<[string, unknown]> = {
  name: 'login_enterprise_options',
  text: `
    SELECT c.id, c.options
      FROM organization_connections oc JOIN connections c ON c.id = oc.connection_id
     WHERE oc.organization_id = $1 AND oc.strategy_kind = 'enterprise' AND oc.is_enabled AND c.deleted_at IS NULL`,
  rowOf: ([id, options]) => [id!, JSON.parse(options!)],
};

const ORGANIZATIONS_BY_DOMAIN: Statement<OrganizationName> = {
  name: 'login_organizations_by_domain',
  text: `
    SELECT o.id, o.name
      FROM organization_discovery_domains d JOIN organizations o ON o.id = d.organization_id
     WHERE d.domain = $1 AND d.status = 'verified' AND d.use_for_organization_discovery
     ORDER BY o.name`,
  rowOf: ([id, name]) => ({ id: id!, name: name! }),
};

/**
 * For a test that reads the plans. Not the terms of an organization, whose few rows are fetched by a bitmap of the index
 * with a disk's settings, nor what depends on how many organizations share a connection.
 */
export const HOT_STATEMENTS: readonly Statement[] = [
  CONNECTION_BY_ID_OR_NAME,
  USERS,
  OWN_ORGANIZATIONS,
  LOCK_TERMS,
  LOCK_USER,
];

/** Undefined: there is no organization of this id or name. */
export async function getOrganizationTerms(on: Queryable, idOrName: string): Promise<OrganizationTerms | undefined> {
  const { rows } = await run(on, ORGANIZATION_TERMS, [idOrName]);
  const [first] = rows;
  return first && { ...first.organization, connections: inOrder(rows.flatMap(({ terms }) => terms ?? [])) };
}

/** Undefined: there is no connection of this id or name. */
export async function getConnection(on: Queryable, idOrName: string): Promise<LoginConnection | undefined> {
  return (await run(on, CONNECTION_BY_ID_OR_NAME, [idOrName])).rows[0];
}

export async function findUsers(
  on: Queryable,
  connectionId: string,
  userId: string | undefined,
  email: string | undefined,
  organizationId: string | undefined,
): Promise<UserRows> {
  const { rows } = await run(on, USERS, [connectionId, userId ?? null, email ?? null, organizationId ?? null]);
  return rows[0]!;
}

/** At most two of the organizations that take people in by the connection: by signup, or else by login. */
export async function openOrganizations(
  on: Queryable,
  connectionId: string,
  userId: string | undefined,
  isSignup: boolean,
): Promise<readonly Candidate[]> {
  return (await run(on, OPEN_ORGANIZATIONS, [connectionId, userId ?? null, isSignup])).rows;
}

/** At most two of the organizations that have the connection enabled and the user as a member. */
export async function ownOrganizations(
  on: Queryable,
  connectionId: string,
  userId: string,
): Promise<readonly Candidate[]> {
  return (await run(on, OWN_ORGANIZATIONS, [connectionId, userId])).rows;
}

/** Until the transaction ends, the terms stay as they are: whoever changes them comes before or after it. */
export async function lockTerms(on: Queryable, organizationId: string, connectionId: string): Promise<void> {
  await run(on, LOCK_TERMS, [organizationId, connectionId]);
}

export async function lockUser(on: Queryable, userId: string): Promise<void> {
  await run(on, LOCK_USER, [userId]);
}

/** @returns false when the connection has a user of this id or address already */
export async function addUser(
  on: Queryable,
  userId: string,
  connectionId: string,
  profile: UserChanges,
): Promise<boolean> {
  const { rowCount } = await run(on, ADD_USER, [
    userId,
    connectionId,
    profile.email ?? null,
    profile.emailVerified ?? null,
    profile.phoneNumber ?? null,
    profile.phoneVerified ?? null,
    profile.name ?? null,
    profile.givenName ?? null,
    profile.familyName ?? null,
    profile.nickname ?? null,
    profile.picture ?? null,
  ]);
  return rowCount === 1;
}

/** @returns false for who is a member already */
export async function addMember(on: Queryable, organizationId: string, userId: string): Promise<boolean> {
  return (await run(on, ADD_MEMBER, [organizationId, userId])).rowCount === 1;
}

/** By connection id. */
export async function enterpriseOptions(on: Queryable, organizationId: string): Promise<ReadonlyMap<string, unknown>> {
  return new Map((await run(on, ENTERPRISE_OPTIONS, [organizationId])).rows);
}

/** Those to which the domain points, by name. */
export async function organizationsByDomain(on: Queryable, domain: string): Promise<readonly OrganizationName[]> {
  return (await run(on, ORGANIZATIONS_BY_DOMAIN, [domain])).rows;
}

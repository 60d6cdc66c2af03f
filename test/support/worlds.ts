import type { TestApp } from './app.js';

/** The rows that a sign-in depends on, as the tables have them, and the strategy of each connection with its kind. */
export interface World {
  readonly organizations: readonly { readonly id: string; readonly name: string }[];
  readonly connections: readonly {
    readonly id: string;
    readonly name: string;
    readonly strategy: Strategy;
    readonly enabled_clients: readonly string[];
  }[];
  readonly rows: readonly Row[];
  readonly users: readonly User[];
  readonly members: readonly Member[];
}

export interface Row {
  readonly organization_id: string;
  readonly connection_id: string;
  readonly is_enabled: boolean;
  readonly assign_membership_on_login: boolean;
  readonly is_signup_enabled: boolean;
  readonly show_as_button: boolean;
}

export interface User {
  readonly user_id: string;
  readonly connection_id: string;
  readonly email: string | null;
  readonly blocked: boolean;
}

export interface Member {
  readonly organization_id: string;
  readonly user_id: string;
}

export const KINDS = { auth0: 'database', okta: 'enterprise', github: 'social', email: 'passwordless' } as const;
export type Strategy = keyof typeof KINDS;
export const STRATEGIES = Object.keys(KINDS) as Strategy[];

/** Stores many worlds past the service, one statement a table, where one by one they would take minutes. */
export async function insertWorlds(app: TestApp, worlds: readonly World[]): Promise<void> {
  const all = <T>(rowsOf: (world: World) => readonly T[]) => JSON.stringify(worlds.flatMap(rowsOf));
  await app.sql(
    `INSERT INTO organizations (id, name)
     SELECT * FROM json_to_recordset($1) AS sent (id text, name text)`,
    [all(({ organizations }) => organizations)],
  );
  await app.sql(
    `INSERT INTO connections
       (id, name, strategy, strategy_kind, enabled_clients, realms, authentication, connected_accounts)
     SELECT id, name, strategy, ($2::json ->> strategy)::strategy_kind, enabled_clients, ARRAY[name],
            '{"active": true}', '{"active": false}'
       FROM json_to_recordset($1) AS sent (id text, name text, strategy text, enabled_clients text[])`,
    [all(({ connections }) => connections), JSON.stringify(KINDS)],
  );
  await app.sql(
    `INSERT INTO organization_connections
       (organization_id, connection_id, strategy_kind, is_enabled, assign_membership_on_login, is_signup_enabled,
        show_as_button)
     SELECT organization_id, connection_id, strategy_kind, is_enabled, assign_membership_on_login, is_signup_enabled,
            sent.show_as_button
       FROM json_to_recordset($1) AS sent (organization_id text, connection_id text, is_enabled boolean,
              assign_membership_on_login boolean, is_signup_enabled boolean, show_as_button boolean)
       JOIN connections ON connections.id = connection_id`,
    [all(({ rows }) => rows)],
  );
  await app.sql(
    `INSERT INTO users (user_id, connection_id, email, blocked)
     SELECT * FROM json_to_recordset($1) AS sent (user_id text, connection_id text, email text, blocked boolean)`,
    [all(({ users }) => users)],
  );
  await app.sql(
    `INSERT INTO organization_members (organization_id, user_id)
     SELECT * FROM json_to_recordset($1) AS sent (organization_id text, user_id text)`,
    [all(({ members }) => members)],
  );
}

/** What of a world a sign-in can change. */
export interface Changeable {
  readonly users: readonly User[];
  readonly members: readonly Member[];
}

/** What there is now: a question for each world. */
export async function readWorlds(app: TestApp): Promise<(world: World) => Changeable> {
  const users = groupBy(
    await app.sql<User & Record<string, unknown>>('SELECT user_id, connection_id, email, blocked FROM users'),
    'connection_id',
  );
  const members = groupBy(
    await app.sql<Member & Record<string, unknown>>('SELECT organization_id, user_id FROM organization_members'),
    'organization_id',
  );
  return (world) => ({
    users: world.connections.flatMap(({ id }) => users.get(id) ?? []),
    members: world.organizations.flatMap(({ id }) => members.get(id) ?? []),
  });
}

function groupBy<Row extends object>(rows: readonly Row[], key: keyof Row): Map<unknown, Row[]> {
  const groups = new Map<unknown, Row[]>();
  for (const row of rows) groups.set(row[key], [...(groups.get(row[key]) ?? []), row]);
  return groups;
}

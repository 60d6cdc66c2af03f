import pg from 'pg';

export const CONNECTIONS = 1_000;
export const CONNECTIONS_PER_ORGANIZATION = 3;
export const USERS = 10_000;

export const organizationId = (n: number) => `org_${String(n).padStart(16, '0')}`;
export const connectionId = (n: number) => `con_${String(n).padStart(16, '0')}`;
export const userId = (n: number) => `auth0|${String(n).padStart(24, '0')}`;

/** The connections of organization `n` are those of these numbers. */
export const connectionsOf = (n: number) =>
  Array.from({ length: CONNECTIONS_PER_ORGANIZATION }, (_, k) => (n * CONNECTIONS_PER_ORGANIZATION + k) % CONNECTIONS);

/** The one by which user `n`, a member of organization `n`, signs in; undefined: that organization has none. */
export const databaseConnectionOf = (n: number) => connectionsOf(n).find((connection) => connection % 3 === 1);

/** A connection that organization `n` does not have. */
export const spareConnectionOf = (n: number) =>
  (n * CONNECTIONS_PER_ORGANIZATION + CONNECTIONS_PER_ORGANIZATION) % CONNECTIONS;

/** Rows that a round left behind: its end can come between a client's POST and its DELETE. */
export async function removeLeftovers(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  await client.query("DELETE FROM organization_connections WHERE created_at > '2026-01-01'");
  await client.end();
}

/** Fills a migrated, empty database, each table by one statement. Organizations and connections count from 0. */
export async function seed(databaseUrl: string, organizations: number): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(
      `INSERT INTO connections (id, name, strategy, strategy_kind, options, realms, enabled_clients, authentication, connected_accounts)
       SELECT 'con_' || lpad(n::text, 16, '0'), 'connection-' || n, kinds.strategy, kinds.kind::strategy_kind, '{}',
              ARRAY['connection-' || n], '{}', '{"active": true}', '{"active": false}'
         FROM generate_series(0, $1::int - 1) n
         JOIN (VALUES (0, 'okta', 'enterprise'), (1, 'auth0', 'database'), (2, 'google-oauth2', 'social'))
              kinds (remainder, strategy, kind) ON kinds.remainder = n % 3`,
      [CONNECTIONS],
    );
    await client.query(
      `INSERT INTO organizations (id, name, display_name, created_at)
       SELECT 'org_' || lpad(n::text, 16, '0'), 'organization-' || n, 'Organization ' || n,
              timestamptz '2026-01-01T00:00:00Z' + n * interval '1 millisecond'
         FROM generate_series(0, $1::int - 1) n`,
      [organizations],
    );
    await client.query(
      `INSERT INTO organization_connections (
              organization_id, connection_id, strategy_kind, assign_membership_on_login, created_at)
       SELECT 'org_' || lpad(n::text, 16, '0'), c.id, c.strategy_kind, true, timestamptz '2026-01-01'
         FROM generate_series(0, $1::int - 1) n, generate_series(0, $2::int - 1) k
         JOIN LATERAL (SELECT id, strategy_kind FROM connections
                        WHERE id = 'con_' || lpad(((n * $2::int + k) % $3::int)::text, 16, '0') OFFSET 0) c ON true`,
      [organizations, CONNECTIONS_PER_ORGANIZATION, CONNECTIONS],
    );
    await client.query(
      `INSERT INTO users (user_id, connection_id, email, name)
       SELECT 'auth0|' || lpad(n::text, 24, '0'),
              coalesce((SELECT connection_id FROM organization_connections
                         WHERE organization_id = 'org_' || lpad(n::text, 16, '0') AND strategy_kind = 'database' LIMIT 1),
                       (SELECT id FROM connections WHERE strategy = 'auth0' LIMIT 1)),
              'user-' || n || '@example.com', 'User ' || n
         FROM generate_series(0, $1::int - 1) n`,
      [USERS],
    );
    await client.query(
      `INSERT INTO organization_members (organization_id, user_id)
       SELECT 'org_' || lpad(n::text, 16, '0'), 'auth0|' || lpad(n::text, 24, '0') FROM generate_series(0, $1::int - 1) n`,
      [Math.min(USERS, organizations)],
    );
    await client.query('VACUUM ANALYZE');
    await client.query('CHECKPOINT');
  } finally {
    await client.end();
  }
}

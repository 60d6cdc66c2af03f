import { useApp } from '../support/app.js';
import { createConnection, createEnabled, createOrganization } from '../support/factories.js';

const COLUMNS = '(id, name, strategy, strategy_kind, authentication, connected_accounts)';
const DOMAIN_COLUMNS = '(organization_id, id, domain, verification_txt)';
const KEYS = '(organization_id, connection_id, strategy_kind)';
const WITH_USER =
  "WITH added AS (INSERT INTO users (user_id, connection_id) VALUES ('auth0|x', :auth0) RETURNING user_id)";
const STREAM_COLUMNS = '(id, endpoint, "authorization", secrets, event_types, key_id)';
const A_KEY = '(SELECT min(id) FROM encryption_keys)';
const WITH_STREAM = `WITH added AS (INSERT INTO event_streams ${STREAM_COLUMNS} VALUES ('est_x', 'https://x', 'bearer', '', '{}', ${A_KEY}) RETURNING *)`;
const DELIVERY_COLUMNS = '(stream_id, organization_id, row_id, sequence, attempts, failures, next_attempt_at)';

/** A constraint, what it refuses, and a statement that tries: on an organization with an `auth0` and an `okta` row. */
const CASES: [constraint: string, refused: string, statement: string][] = [
  [
    'organizations_pkey',
    'a second organization with an id that is taken',
    "INSERT INTO organizations (id, name) VALUES (:organization, 'another-name')",
  ],
  [
    'organizations_name_key',
    'a second organization with a name that is taken',
    "INSERT INTO organizations (id, name) SELECT 'org_x', name FROM organizations WHERE id = :organization",
  ],
  [
    'connections_pkey',
    'a second connection with an id that is taken',
    `INSERT INTO connections ${COLUMNS} VALUES (:auth0, 'x', 'auth0', 'database', '{}', '{}')`,
  ],
  [
    'connections_name_key',
    'a second connection with a name that is taken',
    `INSERT INTO connections ${COLUMNS} SELECT 'con_x', name, 'auth0', 'database', '{}', '{}' FROM connections WHERE id = :auth0`,
  ],
  [
    'connections_strategy_known',
    'a connection of a strategy that does not exist',
    `INSERT INTO connections ${COLUMNS} VALUES ('con_x', 'x', 'myspace', 'social', '{}', '{}')`,
  ],
  [
    'connections_kind_follows_strategy',
    "a connection of another kind than its strategy's",
    `INSERT INTO connections ${COLUMNS} VALUES ('con_x', 'x', 'okta', 'database', '{}', '{}')`,
  ],
  [
    'connections_kind_follows_strategy',
    'a connection whose kind changes',
    "UPDATE connections SET strategy_kind = 'database' WHERE id = :okta",
  ],
  [
    'connections_strategy_unchangeable',
    'a connection whose strategy changes to one of the same kind',
    "UPDATE connections SET strategy = 'samlp' WHERE id = :okta",
  ],
  [
    'connections_strategy_unchangeable',
    'a connection whose strategy and kind change together',
    "UPDATE connections SET strategy = 'auth0', strategy_kind = 'database' WHERE id = :okta",
  ],
  [
    'organization_connections_pkey',
    'the same connection twice in an organization',
    `INSERT INTO organization_connections ${KEYS} VALUES (:organization, :auth0, 'database')`,
  ],
  [
    'organization_connections_organization_id_fkey',
    'a row of no organization',
    `INSERT INTO organization_connections ${KEYS} VALUES ('org_none', :auth0, 'database')`,
  ],
  [
    'organization_connections_connection_id_strategy_kind_fkey',
    'a row of no connection',
    `INSERT INTO organization_connections ${KEYS} VALUES (:organization, 'con_none', 'database')`,
  ],
  [
    'organization_connections_connection_id_strategy_kind_fkey',
    'a new row of another kind than its connection',
    `INSERT INTO organization_connections ${KEYS} VALUES (:other, :okta, 'database')`,
  ],
  [
    'organization_connections_connection_id_strategy_kind_fkey',
    'a row that takes another kind than its connection',
    "UPDATE organization_connections SET strategy_kind = 'database' WHERE connection_id = :okta",
  ],
  [
    'organization_connections_signup_needs_database_membership',
    'signup without membership',
    'UPDATE organization_connections SET is_signup_enabled = true WHERE connection_id = :auth0',
  ],
  [
    'organization_connections_signup_needs_database_membership',
    'signup for a connection that is not a database',
    'UPDATE organization_connections SET is_signup_enabled = true, assign_membership_on_login = true WHERE connection_id = :okta',
  ],
  [
    'organization_connections_hidden_button_needs_enterprise',
    'a hidden button of a connection that is not enterprise',
    'UPDATE organization_connections SET show_as_button = false WHERE connection_id = :auth0',
  ],
  [
    'users_pkey',
    'a second user with an id that is taken',
    "INSERT INTO users (user_id, connection_id) SELECT 'auth0|x', :auth0 FROM generate_series(1, 2)",
  ],
  [
    'users_connection_id_fkey',
    'a user of no connection',
    "INSERT INTO users (user_id, connection_id) VALUES ('auth0|x', 'con_none')",
  ],
  [
    'users_connection_id_email_key',
    'the same address twice in a connection',
    "INSERT INTO users (user_id, connection_id, email) SELECT 'auth0|' || n, :auth0, 'a@b.cd' FROM generate_series(1, 2) n",
  ],
  [
    'users_connection_id_username_key',
    'the same username twice in a connection',
    "INSERT INTO users (user_id, connection_id, username) SELECT 'auth0|' || n, :auth0, 'a' FROM generate_series(1, 2) n",
  ],
  [
    'users_email_is_lower_case',
    'an address that would not be found in lower case',
    "INSERT INTO users (user_id, connection_id, email) VALUES ('auth0|x', :auth0, 'A@b.cd')",
  ],
  [
    'organization_members_pkey',
    'the same member twice in an organization',
    `${WITH_USER} INSERT INTO organization_members SELECT :organization, user_id FROM added, generate_series(1, 2)`,
  ],
  [
    'organization_members_organization_id_fkey',
    'a member of no organization',
    `${WITH_USER} INSERT INTO organization_members SELECT 'org_none', user_id FROM added`,
  ],
  [
    'organization_members_user_id_fkey',
    'a member who is no user',
    "INSERT INTO organization_members VALUES (:organization, 'auth0|none')",
  ],
  [
    'organization_discovery_domains_pkey',
    'a second discovery domain with an id that the organization has',
    `INSERT INTO organization_discovery_domains ${DOMAIN_COLUMNS} SELECT :organization, 'ord_x', n || '.com', md5('') FROM generate_series(1, 2) n`,
  ],
  [
    'organization_discovery_domains_organization_id_domain_key',
    'the same discovery domain twice in an organization',
    `INSERT INTO organization_discovery_domains ${DOMAIN_COLUMNS} SELECT :organization, 'ord_' || n, 'a.com', md5('') FROM generate_series(1, 2) n`,
  ],
  [
    'organization_discovery_domains_organization_id_fkey',
    'a discovery domain of no organization',
    `INSERT INTO organization_discovery_domains ${DOMAIN_COLUMNS} VALUES ('org_none', 'ord_x', 'a.com', md5(''))`,
  ],
  [
    'organization_discovery_domains_domain_is_lower_case',
    'a discovery domain that would not be found in lower case',
    `INSERT INTO organization_discovery_domains ${DOMAIN_COLUMNS} VALUES (:organization, 'ord_x', 'A.com', md5(''))`,
  ],
  [
    'organization_discovery_domains_verification_txt_is_hex',
    'a verification text of another form',
    `INSERT INTO organization_discovery_domains ${DOMAIN_COLUMNS} VALUES (:organization, 'ord_x', 'a.com', 'guess')`,
  ],
  [
    'idempotency_keys_pkey',
    'a second answer for a key',
    "INSERT INTO idempotency_keys (id, fingerprint, status, headers) SELECT repeat('0', 64), repeat('0', 64), 200, '{}' FROM generate_series(1, 2)",
  ],
  [
    'idempotency_keys_id_is_hashed',
    'a key in the clear',
    "INSERT INTO idempotency_keys (id, fingerprint, status, headers) VALUES ('key', repeat('0', 64), 200, '{}')",
  ],
  [
    'idempotency_keys_fingerprint_is_hashed',
    'a request in the clear',
    "INSERT INTO idempotency_keys (id, fingerprint, status, headers) VALUES (repeat('0', 64), 'body', 200, '{}')",
  ],
  [
    'idempotency_keys_status_is_decided',
    'the answer of a failure',
    "INSERT INTO idempotency_keys (id, fingerprint, status, headers) VALUES (repeat('0', 64), repeat('0', 64), 500, '{}')",
  ],
  [
    'machine_clients_pkey',
    'a second machine client with an id that is taken',
    "INSERT INTO machine_clients (client_id, name, secret_hash) SELECT 'twice', 'x', repeat('0', 64) FROM generate_series(1, 2)",
  ],
  [
    'machine_clients_secret_is_hashed',
    "a machine client's secret in the clear",
    "INSERT INTO machine_clients (client_id, name, secret_hash) VALUES ('x', 'x', 'in the clear')",
  ],
  [
    'machine_clients_previous_secret_is_hashed',
    "a machine client's second secret in the clear",
    `INSERT INTO machine_clients (client_id, name, secret_hash, previous_secret_hash, previous_secret_expires_at)
     VALUES ('x', 'x', repeat('0', 64), 'in the clear', now())`,
  ],
  [
    'machine_clients_previous_secret_expires',
    'a second secret of a machine client without an end',
    `INSERT INTO machine_clients (client_id, name, secret_hash, previous_secret_hash)
     VALUES ('x', 'x', repeat('0', 64), repeat('0', 64))`,
  ],
  [
    'changes_append_only',
    'the rewriting of what has happened',
    "UPDATE changes SET row_id = 'x' WHERE organization_id = :organization",
  ],
  ['changes_append_only', 'that it is forgotten', 'DELETE FROM changes WHERE organization_id = :organization'],
  ['changes_no_truncation', 'that all of it is forgotten', 'TRUNCATE changes'],
  ['changes_no_truncation', 'that one of its partitions is', 'TRUNCATE changes_default'],
  [
    'event_streams_pkey',
    'a second event stream with an id that is taken',
    `INSERT INTO event_streams ${STREAM_COLUMNS} SELECT 'est_x', 'https://x', 'bearer', '', '{}', ${A_KEY} FROM generate_series(1, 2)`,
  ],
  [
    'event_streams_username_is_for_basic',
    'basic authorization of nobody',
    `INSERT INTO event_streams ${STREAM_COLUMNS} VALUES ('est_x', 'https://x', 'basic', '', '{}', ${A_KEY})`,
  ],
  [
    'event_streams_paused_with_reason',
    'a stream that is paused without a reason',
    `${WITH_STREAM} INSERT INTO event_streams (id, endpoint, "authorization", secrets, event_types, key_id, status)
     SELECT 'est_y', endpoint, "authorization", secrets, event_types, key_id, 'paused' FROM added`,
  ],
  [
    'event_streams_key_id_fkey',
    'a stream with secrets that no key can open',
    `INSERT INTO event_streams ${STREAM_COLUMNS} VALUES ('est_x', 'https://x', 'bearer', '', '{}', 'x')`,
  ],
  [
    'event_stream_cursors_pkey',
    'a second cursor of a stream',
    `${WITH_STREAM} INSERT INTO event_stream_cursors (stream_id, sequence) SELECT id, n FROM added, generate_series(1, 2) n`,
  ],
  [
    'event_stream_cursors_stream_id_fkey',
    'a cursor of no stream',
    "INSERT INTO event_stream_cursors (stream_id, sequence) VALUES ('est_none', 0)",
  ],
  [
    'event_deliveries_pkey',
    'two events of an organization that a stream waits for',
    `${WITH_STREAM} INSERT INTO event_deliveries ${DELIVERY_COLUMNS} SELECT id, 'org_x', '', n, '[]', 0, now() FROM added, generate_series(1, 2) n`,
  ],
  [
    'event_deliveries_stream_id_event_id_key',
    'two that wait for the same event of a stream',
    `${WITH_STREAM} INSERT INTO event_deliveries (stream_id, organization_id, row_id, sequence, event_id, attempts, failures, next_attempt_at)
     SELECT id, 'org_' || n, '', 1, 'evt_x', '[]', 0, now() FROM added, generate_series(1, 2) n`,
  ],
  [
    'event_deliveries_stream_id_fkey',
    'an event that waits for no stream',
    `INSERT INTO event_deliveries ${DELIVERY_COLUMNS} VALUES ('est_none', 'org_x', '', 1, '[]', 0, now())`,
  ],
  [
    'event_deliveries_failing_has_event',
    'a failure of no event',
    `${WITH_STREAM} INSERT INTO event_deliveries ${DELIVERY_COLUMNS} SELECT id, 'org_x', '', 1, '[]', 1, now() FROM added`,
  ],
  [
    'rate_limits_pkey',
    "a second count of a caller's limit",
    "INSERT INTO rate_limits (key, used, granted, resets_at) SELECT 'x', 0, 0, now() FROM generate_series(1, 2)",
  ],
  [
    'signing_keys_pkey',
    'a second signing key with an id that is taken',
    'INSERT INTO signing_keys SELECT * FROM signing_keys',
  ],
  [
    'signing_keys_algorithm_is_asymmetric',
    'a signing key that clients would have to share',
    "INSERT INTO signing_keys (kid, algorithm, private_jwk) VALUES ('x', 'HS256', '{}')",
  ],
  [
    'signing_keys_encrypted_with_a_key',
    'an encrypted signing key that does not say with which key',
    "INSERT INTO signing_keys (kid, algorithm, private_jwk, private_jwe) VALUES ('x', 'RS256', '{}', 'x')",
  ],
  [
    'signing_keys_clear_half_is_public',
    'an encrypted signing key that is in the clear too',
    `INSERT INTO signing_keys (kid, algorithm, private_jwk, private_jwe, key_id)
     SELECT 'x', 'RS256', '{"d": "x"}', 'x', id FROM encryption_keys`,
  ],
  [
    'signing_keys_key_id_fkey',
    'a signing key that is encrypted with a key that is not in use',
    `INSERT INTO signing_keys (kid, algorithm, private_jwk, private_jwe, key_id)
     VALUES ('x', 'RS256', '{}', 'x', repeat('0', 16))`,
  ],
  [
    'connection_secrets_pkey',
    'a second set of secrets of a connection',
    `INSERT INTO connection_secrets (connection_id, jwe, key_id)
     SELECT :okta, 'x', id FROM encryption_keys, generate_series(1, 2)`,
  ],
  [
    'connection_secrets_connection_id_fkey',
    'secrets of a connection that does not exist',
    "INSERT INTO connection_secrets (connection_id, jwe, key_id) SELECT 'con_x', 'x', id FROM encryption_keys",
  ],
  [
    'connection_secrets_key_id_fkey',
    'secrets that are encrypted with a key that is not in use',
    "INSERT INTO connection_secrets (connection_id, jwe, key_id) VALUES (:okta, 'x', repeat('0', 16))",
  ],
  [
    'connection_secrets_key_id_fkey',
    'giving a key up that something is encrypted with',
    `WITH secrets AS (INSERT INTO connection_secrets (connection_id, jwe, key_id)
                      SELECT :okta, 'x', id FROM encryption_keys RETURNING key_id)
     UPDATE encryption_keys SET id = repeat('0', 16) FROM secrets`,
  ],
  [
    'idempotency_keys_encrypted_with_a_key',
    'an encrypted answer that does not say with which key',
    `INSERT INTO idempotency_keys (id, fingerprint, status, headers, body_jwe)
     VALUES (repeat('0', 64), repeat('0', 64), 201, '{}', 'x')`,
  ],
  [
    'idempotency_keys_body_once',
    'an encrypted answer that is in the clear too',
    `INSERT INTO idempotency_keys (id, fingerprint, status, headers, body, body_jwe, key_id)
     SELECT repeat('0', 64), repeat('0', 64), 201, '{}', 'x', 'x', id FROM encryption_keys`,
  ],
  [
    'idempotency_keys_key_id_fkey',
    'an answer that is encrypted with a key that is not in use',
    `INSERT INTO idempotency_keys (id, fingerprint, status, headers, body_jwe, key_id)
     VALUES (repeat('0', 64), repeat('0', 64), 201, '{}', 'x', repeat('0', 16))`,
  ],
  [
    'encryption_keys_pkey',
    'a second encryption key with an id that is taken',
    'INSERT INTO encryption_keys SELECT * FROM encryption_keys',
  ],
  [
    'encryption_keys_id_is_hashed',
    'an encryption key by another id than a hash',
    "INSERT INTO encryption_keys (id) VALUES ('the key itself')",
  ],
  [
    'clear_secrets_pkey',
    'the same work left to do twice',
    "INSERT INTO clear_secrets (until) SELECT '2026-01-01' FROM generate_series(1, 2)",
  ],
];

const CANNOT_BREAK_ALONE = [
  // Says nothing that the primary key does not say; there because the composite foreign key needs something to point at.
  'connections_id_strategy_kind_key',
  // Breaks under the name of a partition's.
  'changes_pkey',
];

describe('What Postgres refuses by itself', () => {
  const app = useApp();

  it.each(CASES)('by %s: %s', async (constraint, _refused, statement) => {
    const { organization, connection: auth0 } = await createEnabled(app.api, 'auth0');
    const okta = await createConnection(app.api, 'okta');
    const rows = `/organizations/${organization.id}/connections`;
    await app.api.post(rows, { connection_id: okta.id });
    const before = (await app.api.get(rows)).body;

    const other = await createOrganization(app.api);
    const ids: Record<string, string> = {
      organization: organization.id,
      other: other.id,
      auth0: auth0.id,
      okta: okta.id,
    };
    const sql = statement.replace(/(?<!:):([a-z]\w+)/g, (_, name: string) => `'${ids[name]}'`);
    await expect(app.sql(sql)).rejects.toMatchObject({ constraint });
    expect((await app.api.get(rows)).body).toEqual(before);
  });

  it('is proven above for every constraint, unique index and trigger that refuses anything', async () => {
    const found = await app.sql<{ name: string }>(`
      SELECT conname AS name FROM pg_constraint
       WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f', 'p', 'u') AND conparentid = 0
         AND conrelid <> '_prisma_migrations'::regclass
      UNION SELECT relname FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
       WHERE indisunique AND NOT relispartition AND relnamespace = 'public'::regnamespace AND indrelid <> '_prisma_migrations'::regclass
      UNION SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND pg_get_functiondef(tgfoid) LIKE '%RAISE%'`);
    const proven = new Set([...CASES.map(([name]) => name), ...CANNOT_BREAK_ALONE]);
    expect(found.map(({ name }) => name).sort()).toEqual([...proven].sort());
  });

  it('goes with what it belongs to: no organization connection outlives its organization or its connection', async () => {
    const [ofOrganization, ofConnection] = await Promise.all([createEnabled(app.api), createEnabled(app.api)]);
    const other = await createOrganization(app.api);
    await app.api.post(`/organizations/${other.id}/connections`, { connection_id: ofOrganization.connection.id });

    await app.sql('DELETE FROM organizations WHERE id = $1', [ofOrganization.organization.id]);
    await app.sql('DELETE FROM connections WHERE id = $1', [ofConnection.connection.id]);

    const left = await app.sql('SELECT organization_id FROM organization_connections WHERE organization_id = ANY($1)', [
      [ofOrganization.organization.id, ofConnection.organization.id, other.id],
    ]);
    expect(left).toEqual([{ organization_id: other.id }]);
  });
});

import type { ClientBase } from 'pg';

/**
 * What the migrations make beyond what a Prisma schema can say. Kept in step with them: `npm run db:check` and
 * `vestibule migrate --status` compare this list with the database, both ways.
 */
const EXPECTED: readonly string[] = [
  'check connections.connections_kind_follows_strategy',
  'check connections.connections_strategy_known',
  'check machine_clients.machine_clients_secret_is_hashed',
  'check organization_connections.organization_connections_hidden_button_needs_enterprise',
  'check organization_connections.organization_connections_signup_needs_database_membership',
  'check organization_discovery_domains.organization_discovery_domains_domain_is_lower_case',
  'check organization_discovery_domains.organization_discovery_domains_verification_txt_is_hex',
  'check signing_keys.signing_keys_algorithm_is_asymmetric',
  'check users.users_email_is_lower_case',
  'function count_other_connections',
  'function keep_connection_strategy',
  'trigger connections.connections_strategy_unchangeable',
];

const FOUND = `
  SELECT format('check %s.%s', conrelid::regclass, conname) AS found
    FROM pg_constraint WHERE contype = 'c' AND convalidated AND connamespace = current_schema()::regnamespace
  UNION ALL
  SELECT format('trigger %s.%s', tgrelid::regclass, tgname)
    FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
   WHERE NOT tgisinternal AND tgenabled <> 'D' AND relnamespace = current_schema()::regnamespace
  UNION ALL
  SELECT format('function %s', proname) FROM pg_proc
   WHERE pronamespace = current_schema()::regnamespace
     AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')`;

/** Hand-written constraints, triggers and functions that are missing or that nobody declared, a line each. */
export async function findHandWrittenDrift(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ found: string }>(FOUND);
  const found = new Set(rows.map((row) => row.found));
  return [
    ...EXPECTED.filter((name) => !found.has(name)).map((name) => `missing: ${name}`),
    ...[...found].filter((name) => !EXPECTED.includes(name)).map((name) => `not declared: ${name}`),
  ];
}

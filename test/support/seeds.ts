import { randomBytes } from 'node:crypto';
import type { TestApp } from './app.js';

/**
 * Makes users who are members of an organization, past the service: for lists and deletes that need more of them than
 * a test can make one by one. @returns their ids in the order of the member list
 */
export async function seedMembers(app: TestApp, organizationId: string, count: number): Promise<string[]> {
  const prefix = `auth0|${randomBytes(6).toString('hex')}`;
  await app.sql(
    `WITH added AS (
       INSERT INTO users (user_id, connection_id, email, name)
       SELECT $2 || lpad(n::text, 12, '0'), (SELECT id FROM connections WHERE name = 'Username-Password-Authentication'),
              $3 || n || '@example.com', 'Member ' || n
         FROM generate_series(1, $4::int) n
       RETURNING user_id
     )
     INSERT INTO organization_members (organization_id, user_id, created_at)
     SELECT $1, user_id, CURRENT_TIMESTAMP - interval '1 minute' FROM added`,
    [organizationId, prefix, prefix.replace('auth0|', 'seed-'), count],
  );
  const rows = await app.sql<{ user_id: string }>(
    'SELECT user_id FROM organization_members WHERE organization_id = $1 ORDER BY created_at, user_id',
    [organizationId],
  );
  return rows.map(({ user_id }) => user_id);
}

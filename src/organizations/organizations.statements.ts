import type { Database } from '../database/database.js';
import { NO_COLUMNS, run, type Queryable, type Statement } from '../database/statement.js';

/** What the features below an organization ask of it. */

const EXISTS: Statement<undefined> = {
  name: 'organization_exists',
  text: 'SELECT FROM organizations WHERE id = $1 AND deleted_at IS NULL',
  rowOf: NO_COLUMNS,
};

/** For a test that reads the plans. */
export const HOT_STATEMENTS: readonly Statement[] = [EXISTS];

export async function organizationExists(on: Queryable, id: string): Promise<boolean> {
  const { rows } = await run(on, EXISTS, [id]);
  return rows.length > 0;
}

/**
 * Makes changes to what an organization owns take turns, so that a count of it stands still until the transaction ends.
 *
 * @returns whether there is such an organization
 */
export async function lockOrganization(transaction: Pick<Database, '$queryRaw'>, id: string): Promise<boolean> {
  const rows = await transaction.$queryRaw<unknown[]>`
    SELECT id FROM organizations WHERE id = ${id} AND deleted_at IS NULL FOR NO KEY UPDATE`;
  return rows.length > 0;
}

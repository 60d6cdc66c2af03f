import type { Database } from './database.js';

/** @param database also a transaction on it */
export async function organizationExists(database: Pick<Database, 'organization'>, id: string): Promise<boolean> {
  return (await database.organization.findUnique({ where: { id }, select: { id: true } })) !== null;
}

/**
 * Makes changes to what an organization owns take turns, so that a count of it stands still until the transaction ends.
 *
 * @returns whether there is such an organization
 */
export async function lockOrganization(transaction: Pick<Database, '$queryRaw'>, id: string): Promise<boolean> {
  const rows = await transaction.$queryRaw<unknown[]>`SELECT id FROM organizations WHERE id = ${id} FOR NO KEY UPDATE`;
  return rows.length > 0;
}

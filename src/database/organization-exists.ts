import type { Database } from './database.js';

/** @param database also a transaction on it */
export async function organizationExists(database: Pick<Database, 'organization'>, id: string): Promise<boolean> {
  return (await database.organization.findUnique({ where: { id }, select: { id: true } })) !== null;
}

import type { Transaction } from '../database/client.js';

/**
 * Removes a user of a deleted connection, which is already invisible, so that its id can be used again. Returns whether
 * the user existed.
 */
export async function removeUserOfDeletedConnection(transaction: Transaction, userId: string): Promise<boolean> {
  const removed = await transaction.$executeRaw`
    DELETE FROM users u USING connections c
     WHERE u.user_id = ${userId} AND c.id = u.connection_id AND c.deleted_at IS NOT NULL`;
  return removed === 1;
}

import type { Database } from './database.js';

/**
 * Reads that belong together, of the database as it is at one moment. What rows belong to Prisma reads by a statement of
 * its own, and it fails when that has been deleted since it read the rows.
 */
export const inSnapshot = <T>(database: Database, read: (snapshot: Snapshot) => Promise<T>): Promise<T> =>
  database.$transaction(read, { isolationLevel: 'RepeatableRead' });

type Snapshot = Parameters<Parameters<Database['$transaction']>[0]>[0];

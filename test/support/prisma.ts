import { createPool } from '../../src/database/pool.js';
import { PrismaService } from '../../src/database/prisma.service.js';

/** Access to a database with the service's own Prisma client. */
export async function withPrisma<T>(databaseUrl: string, work: (prisma: PrismaService) => Promise<T>): Promise<T> {
  const pool = createPool(databaseUrl, { max: 1, waitMs: 10_000 });
  try {
    return await work(new PrismaService(pool));
  } finally {
    await pool.end();
  }
}

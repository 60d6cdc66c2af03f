import { createPool } from '../../src/database/pool.js';
import { PrismaService } from '../../src/database/prisma.service.js';

/** Works on a database as the service does, beside it. */
export async function withPrisma<T>(databaseUrl: string, work: (prisma: PrismaService) => Promise<T>): Promise<T> {
  const pool = createPool(databaseUrl, { max: 1, waitMs: 10_000 });
  try {
    return await work(new PrismaService(pool));
  } finally {
    await pool.end();
  }
}

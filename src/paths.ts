import { fileURLToPath } from 'node:url';

const fromRoot = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Files of the checkout or image. */
export const paths = {
  /** The embedded database, and the development certificate and key. */
  data: fromRoot('.data'),
  developmentKey: fromRoot('.data/encryption.key'),
  migrations: fromRoot('prisma/migrations'),
  schema: fromRoot('prisma/schema.prisma'),
  /** Definitions of the migrations that a Prisma schema cannot express, one a line. */
  handWritten: fromRoot('prisma/hand-written.txt'),
  /** The query that lists these definitions of a database. */
  listHandWritten: fromRoot('prisma/hand-written.sql'),
  openapi: fromRoot('openapi.json'),
  packageJson: fromRoot('package.json'),
} as const;

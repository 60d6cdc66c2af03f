import { fileURLToPath } from 'node:url';

const fromRoot = (path: string) => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Files that lie beside the code, wherever the checkout or image is. */
export const paths = {
  /** What this checkout keeps between runs: the embedded database, the development certificate and key. */
  data: fromRoot('.data'),
  developmentKey: fromRoot('.data/encryption.key'),
  migrations: fromRoot('prisma/migrations'),
  schema: fromRoot('prisma/schema.prisma'),
  /** What the migrations make beyond what the schema can say, a definition a line. */
  handWritten: fromRoot('prisma/hand-written.txt'),
  /** The query that lists the same of a database. */
  listHandWritten: fromRoot('prisma/hand-written.sql'),
  openapi: fromRoot('openapi.json'),
  packageJson: fromRoot('package.json'),
} as const;

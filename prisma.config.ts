import { defineConfig } from 'prisma/config';

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  // Not by `env()` of prisma/config, which would demand the variable of `prisma generate` too.
  datasource: { url: process.env.DATABASE_URL },
});

import { defineConfig } from 'prisma/config';

// Only `prisma generate` is used, and it needs no schema engine; without this it would first download one.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath;

export default defineConfig({ schema: 'prisma/schema.prisma' });

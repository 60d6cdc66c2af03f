import { readFile, writeFile } from 'node:fs/promises';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { pino } from 'pino';
import { AppModule } from './app.module.js';
import { loadConfig } from './config/config.js';
import { configureApp } from './configure-app.js';
import { createPool } from './database/pool.js';
import { paths } from './paths.js';
import { createHttpAdapter } from './http/adapter.js';
import { describeApi } from './openapi/document.js';

/** `npm run openapi` writes the document; with `--check` it fails when the committed one is out of date. */
const text = await makeDocument();
if (!process.argv.includes('--check')) {
  await writeFile(paths.openapi, text);
} else if ((await readFile(paths.openapi, 'utf8')) !== text) {
  process.stderr.write('openapi.json is out of date. Run: npm run openapi\n');
  process.exitCode = 1;
}

async function makeDocument(): Promise<string> {
  const { version } = JSON.parse(await readFile(paths.packageJson, 'utf8')) as { version: string };
  const app = await createUnconnectedApp();
  try {
    return `${JSON.stringify(describeApi(app, version), null, 2)}\n`;
  } finally {
    await app.close();
  }
}

/** Creates the application without a port and without a database connection. */
async function createUnconnectedApp(): Promise<NestFastifyApplication> {
  // A dummy key, because nothing is encrypted.
  const config = loadConfig({ ENCRYPTION_KEY: Buffer.alloc(32).toString('base64') });
  const { adapter } = createHttpAdapter(config, pino({ level: 'silent' }));
  const module = AppModule.forRoot(config, createPool('postgresql://unused.invalid/unused', { max: 1, waitMs: 1 }));
  const app = await NestFactory.create<NestFastifyApplication>(module, adapter, {
    bodyParser: false,
    logger: false,
    abortOnError: false,
  });
  await configureApp(app);
  return app;
}

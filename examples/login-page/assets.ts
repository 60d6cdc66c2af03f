import { readFile } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { brandSheet } from './branding.js';
import { COLOR, fields } from './schemas.js';

/** The stylesheet, the icon, and the colours of an organization. */
export async function addAssets(app: FastifyInstance): Promise<void> {
  const read = (name: string) => readFile(new URL(`assets/${name}`, import.meta.url), 'utf8');
  const [styles, icon] = await Promise.all([read('styles.css'), read('icon.svg')]);
  app.get('/assets/styles.css', async (_, reply) => reply.type('text/css; charset=utf-8').send(styles));
  app.get('/assets/icon.svg', async (_, reply) => reply.type('image/svg+xml').send(icon));
  app.get<{ Querystring: { primary: string; page: string } }>(
    '/assets/brand.css',
    { schema: { querystring: fields({ primary: COLOR, page: COLOR }, 'primary', 'page') } },
    async ({ query }, reply) => reply.type('text/css; charset=utf-8').send(brandSheet(query.primary, query.page)),
  );
}

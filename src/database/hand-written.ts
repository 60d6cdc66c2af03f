import { readFile } from 'node:fs/promises';
import type { ClientBase } from 'pg';
import { paths } from '../paths.js';

/** Where the database differs from `prisma/hand-written.txt`, which has what a Prisma schema cannot say, a line each. */
export async function findHandWrittenDrift(client: ClientBase): Promise<string[]> {
  const expected = (await readFile(paths.handWritten, 'utf8')).split('\n').filter(Boolean);
  const { rows } = await client.query<{ definition: string }>(await readFile(paths.listHandWritten, 'utf8'));
  const found = rows.map(({ definition }) => definition.trimEnd());
  return [
    ...expected.filter((definition) => !found.includes(definition)).map((definition) => `missing: ${definition}`),
    ...found.filter((definition) => !expected.includes(definition)).map((definition) => `not declared: ${definition}`),
  ];
}

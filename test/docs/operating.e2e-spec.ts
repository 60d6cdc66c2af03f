import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { OwnPostgres, postgresPrograms } from '../operations/postgres.js';
import { Checkout } from '../process/checkout.js';
import { freePort } from '../process/ports.js';
import { startApp } from '../support/app.js';
import { uniqueName } from '../support/factories.js';
import { Shell } from '../support/shell.js';
import { applyMigrations } from '../../src/database/migrations.js';
import { examplesOf, expectShown } from './examples.js';

const EXAMPLES = examplesOf('operating.md');

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<pg.QueryResultRow>(text)).rows;
  } finally {
    await client.end();
  }
}

describe('docs/operating.md', () => {
  if (postgresPrograms === undefined) {
    it.todo('needs the programs of Postgres, such as pg_basebackup, below /usr/lib/postgresql');
    return;
  }
  let postgres: OwnPostgres;
  let checkout: Checkout;
  let shell: Shell;
  let restored: { folder: string; port: number };
  const running: string[] = [];
  beforeAll(async () => {
    postgres = await OwnPostgres.start();
    running.push(postgres.data);
    const { folder, account } = postgres;
    checkout = await Checkout.create({ account });
    restored = { folder: join(folder, 'restored'), port: await freePort() };
    const programs = join(folder, 'programs');
    for (const path of [programs, join(folder, 'archive')]) await mkdir(path, { mode: 0o777 });
    await chmod(join(folder, 'archive'), 0o777);
    await writeFile(
      join(programs, 'vestibule'),
      `#!/bin/sh\nexec ${process.execPath} ${checkout.folder}/bin/vestibule.js "$@"\n`,
      { mode: 0o755 },
    );
    await query(postgres.url('postgres'), 'CREATE DATABASE vestibule');
    await applyMigrations(postgres.url('vestibule'));
    shell = new Shell(
      {
        PATH: `${programs}:${postgresPrograms}:${process.env['PATH']}`,
        DATABASE_URL: postgres.url('vestibule'),
        RESTORED_PORT: String(restored.port),
        PGDATA: postgres.data,
        ARCHIVE: join(folder, 'archive'),
        BACKUP: join(folder, 'backup'),
        RESTORED: restored.folder,
      },
      { cwd: folder, ...account },
    );
  });
  afterAll(async () => {
    await shell.end();
    await checkout.remove();
    await postgres.remove(running);
  });

  const scriptsOf = (section: string) => EXAMPLES.filter((example) => example.section === section);
  async function follow(example = EXAMPLES[0]!): Promise<void> {
    expectShown(example, await shell.run(example.script));
  }

  /** A server on the database, for as long as the work takes. */
  async function withServer<T>(
    url: string,
    work: (names: () => Promise<string[]>, create: () => Promise<{ name: string; tag: bigint }>) => Promise<T>,
  ) {
    const { app, stop } = await startApp({ database: { url, drop: () => Promise.resolve() } });
    try {
      const create = async () => {
        const name = uniqueName('org');
        const { status, headers } = await app.api.post('/organizations', { name });
        expect(status).toBe(201);
        return { name, tag: BigInt(/^"(\d+)"$/.exec(headers.get('etag')!)![1]!) };
      };
      const names = async () =>
        ((await app.api.get('/organizations?per_page=100')).body as { name: string }[]).map(({ name }) => name).sort();
      return await work(names, create);
    } finally {
      await stop();
    }
  }

  it('restores a dump, and never reuses an entity tag', async () => {
    const [dump, restore] = scriptsOf('By pg_dump');
    await query(postgres.url('postgres'), 'CREATE DATABASE again');
    const after = await withServer(postgres.url('vestibule'), async (names, create) => {
      await create();
      const before = await names();
      await follow(dump);
      return { names: before, lost: await create() };
    });
    await shell.run(`RESTORED_URL=${postgres.url('again')}`);
    await follow(restore);
    await withServer(postgres.url('again'), async (names, create) => {
      expect(await names()).toEqual(after.names);
      expect((await create()).tag).toBeGreaterThan(after.lost.tag);
    });
  });

  it('restores a point in time by the write-ahead log, and never reuses an entity tag', async () => {
    const [archive, note, restore] = scriptsOf('Write-ahead log');
    await follow(archive);
    const after = await withServer(postgres.url('vestibule'), async (names, create) => {
      // After the copy was made, so that it comes from the log.
      await create();
      const before = await names();
      await follow(note);
      return { names: before, lost: await create() };
    });
    await shell.run(`RESTORED_URL=${postgres.url('vestibule', restored.port)}`);
    running.push(restored.folder);
    await follow(restore);
    await withServer(postgres.url('vestibule', restored.port), async (names, create) => {
      expect(await names()).toEqual(after.names);
      expect((await create()).tag).toBeGreaterThan(after.lost.tag);
    });
  });

  it('has no command that is not tested here', () => {
    expect([scriptsOf('By pg_dump').length, scriptsOf('Write-ahead log').length]).toEqual([2, 3]);
  });
});

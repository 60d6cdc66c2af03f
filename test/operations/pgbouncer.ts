import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRoot, NOBODY } from '../process/checkout.js';
import { freePort } from '../process/ports.js';

const PATH = process.env['PGBOUNCER_PATH'] || '/usr/sbin/pgbouncer';

/** Such as 1.24; undefined: this machine has none. */
export const pgbouncerVersion = /^PgBouncer (\d+\.\d+)/.exec(
  spawnSync(PATH, ['--version']).stdout?.toString() ?? '',
)?.[1];

/** Whether it knows what is prepared on the connections that it lends. */
export const keepsPreparedStatements = Number(pgbouncerVersion?.split('.')[1]) >= 21;

/** A PgBouncer before the Postgres of a URL, with fewer connections to it than a server asks for. */
export class PgBouncer {
  private constructor(
    private readonly process: ChildProcess,
    private readonly folder: string,
    private readonly port: number,
  ) {}

  static async start(postgres: string, mode: 'session' | 'transaction', size: number): Promise<PgBouncer> {
    const folder = await mkdtemp(join(tmpdir(), 'vestibule-pgbouncer-'));
    await chmod(folder, 0o755);
    const { hostname, port, username, password } = new URL(postgres);
    const [file, users, own] = [join(folder, 'pgbouncer.ini'), join(folder, 'users.txt'), await freePort()];
    await writeFile(users, `"${username}" "${password}"\n`);
    await writeFile(
      file,
      `[databases]
* = host=${hostname} port=${port}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${own}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = ${users}
pool_mode = ${mode}
default_pool_size = ${size}
max_client_conn = 500
${keepsPreparedStatements ? 'max_prepared_statements = 200' : ''}
`,
    );
    const account = isRoot ? NOBODY : {};
    const child = spawn(PATH, [file], { cwd: '/', stdio: ['ignore', 'ignore', 'pipe'], ...account });
    let said = '';
    for await (const chunk of child.stderr) {
      said += String(chunk);
      if (said.includes('process up')) break;
    }
    child.stderr.resume();
    if (child.exitCode !== null) throw new Error(`PgBouncer did not start: ${said}`);
    return new PgBouncer(child, folder, own);
  }

  /** The same database, by way of it. */
  before(database: string): string {
    const url = new URL(database);
    url.host = `127.0.0.1:${this.port}`;
    return url.href;
  }

  async stop(): Promise<void> {
    const ended = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await ended;
    await rm(this.folder, { recursive: true, force: true });
  }
}

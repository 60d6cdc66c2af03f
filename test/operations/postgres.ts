import { execFile, execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { isRoot, type Account } from '../process/checkout.js';
import { freePort } from '../process/ports.js';

const run = promisify(execFile);
const DEBIAN = '/usr/lib/postgresql';

/** Where Debian has the programs of the newest Postgres of this machine; undefined: it has none. */
export const postgresPrograms = existsSync(DEBIAN)
  ? join(DEBIAN, readdirSync(DEBIAN).sort().at(-1)!, 'bin')
  : undefined;

export interface Standby {
  readonly data: string;
  readonly port: number;
  readonly promote: () => Promise<void>;
}

/** A Postgres of its own, with all the programs that come along, in a folder for whatever a test makes. */
export class OwnPostgres {
  private constructor(
    readonly folder: string,
    readonly port: number,
    /** Postgres refuses root. */
    readonly account: Account | undefined,
  ) {}

  static async start(): Promise<OwnPostgres> {
    const folder = await mkdtemp(join(tmpdir(), 'vestibule-postgres-'));
    const account = isRoot ? { uid: idOf('-u'), gid: idOf('-g') } : undefined;
    if (account) await chown(folder, account.uid, account.gid);
    const postgres = new OwnPostgres(folder, await freePort(), account);
    await postgres.run('initdb', ['--pgdata', postgres.data, '--username=vestibule', '--auth=trust', '--locale=C']);
    await postgres.startIn(postgres.data, postgres.port);
    return postgres;
  }

  /** Another that follows this one and takes no writes. */
  async addStandby(): Promise<Standby> {
    const data = join(this.folder, 'standby');
    const port = await freePort();
    await this.run('pg_basebackup', [
      '--write-recovery-conf',
      '--checkpoint=fast',
      '-D',
      data,
      '-d',
      this.url('postgres'),
    ]);
    await this.startIn(data, port);
    return { data, port, promote: () => this.run('pg_ctl', ['promote', '--silent', '--pgdata', data]) };
  }

  get data(): string {
    return join(this.folder, 'data');
  }

  url(database: string, port = this.port): string {
    return `postgresql://vestibule@127.0.0.1:${port}/${database}`;
  }

  /** @param folders of databases that run */
  async remove(folders: readonly string[] = [this.data]): Promise<void> {
    for (const data of folders) await this.run('pg_ctl', ['stop', '--silent', '--mode=immediate', '--pgdata', data]);
    await rm(this.folder, { recursive: true, force: true });
  }

  private startIn(data: string, port: number): Promise<void> {
    const options = `-c listen_addresses=127.0.0.1 -c unix_socket_directories='' -p ${port}`;
    const log = join(data, 'server.log');
    return this.run('pg_ctl', ['start', '--silent', '--pgdata', data, '--log', log, '--options', options]);
  }

  private async run(program: string, args: string[]): Promise<void> {
    await run(join(postgresPrograms!, program), args, { cwd: this.folder, ...this.account });
  }
}

const idOf = (kind: '-u' | '-g') => Number(execFileSync('id', [kind, 'postgres']));

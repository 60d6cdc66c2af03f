import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from '../process/ports.js';

const run = promisify(execFile);

const PROGRAMS = ['etcd', 'patroni', 'haproxy'];
const DEBIAN_POSTGRES = '/usr/lib/postgresql';

/** What of it this machine lacks; all of it is in Debian: etcd-server, patroni, haproxy, postgresql. */
export function missingPrograms(): string[] {
  const places = `${process.env['PATH']}:/usr/sbin`.split(':');
  const isThere = (program: string) => places.some((place) => existsSync(join(place, program)));
  return [...PROGRAMS.filter((program) => !isThere(program)), ...(existsSync(DEBIAN_POSTGRES) ? [] : ['postgresql'])];
}

const binaries = () => join(DEBIAN_POSTGRES, readdirSync(DEBIAN_POSTGRES).sort().at(-1)!, 'bin');

interface Member {
  readonly name: string;
  readonly role: string;
  readonly state: string;
}

/**
 * Three nodes of Postgres under Patroni with synchronous replication, etcd to agree on the primary, and HAProxy, whose
 * one port always leads to the primary. All on addresses of this machine alone.
 */
export class Cluster {
  readonly nodes: Node[] = [];
  private readonly others: ChildProcess[] = [];

  private constructor(
    private readonly folder: string,
    private readonly port: number,
  ) {}

  static async start(): Promise<Cluster> {
    const folder = await mkdtemp(join(tmpdir(), 'vestibule-failover-'));
    await chmod(folder, 0o755);
    const cluster = new Cluster(folder, await freePort());
    try {
      await cluster.startAll();
    } catch (error) {
      await cluster.end();
      throw error;
    }
    return cluster;
  }

  get url(): string {
    return `postgresql://postgres@127.0.0.1:${this.port}/postgres`;
  }

  async primary(): Promise<Node> {
    for (;;) {
      for (const node of this.nodes) if (await node.answers('/primary')) return node;
      await delay(100);
    }
  }

  /** Until all three run and one of them has everything that the primary has answered. */
  async isWhole(): Promise<void> {
    await until(async () => {
      const { members } = (await (await fetch(`${(await this.primary()).api}/cluster`)).json()) as {
        members: Member[];
      };
      return (
        members.length === 3 &&
        members.every(({ state }) => ['running', 'streaming'].includes(state)) &&
        members.some(({ role }) => role === 'sync_standby')
      );
    }, 'three nodes of Postgres');
  }

  async end(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.stop()));
    await Promise.all(this.others.map((child) => stop(child)));
    await rm(this.folder, { recursive: true, force: true });
  }

  private async startAll(): Promise<void> {
    const [client, peer] = [await freePort(), await freePort()];
    const etcd = `http://127.0.0.1:${client}`;
    const data = await this.folderFor('etcd');
    await this.startOther('etcd', [
      ...['--name', 'etcd', '--data-dir', data, '--log-level', 'error', '--enable-v2=false'],
      ...['--listen-client-urls', etcd, '--advertise-client-urls', etcd],
      ...[
        '--listen-peer-urls',
        `http://127.0.0.1:${peer}`,
        '--initial-advertise-peer-urls',
        `http://127.0.0.1:${peer}`,
      ],
      ...['--initial-cluster', `etcd=http://127.0.0.1:${peer}`],
    ]);
    await until(() => isOk(`${etcd}/health`), 'etcd');

    for (const name of ['one', 'two', 'three']) {
      const node = new Node(
        name,
        await this.folderFor(name),
        await freePort(),
        await freePort(),
        `127.0.0.1:${client}`,
      );
      this.nodes.push(node);
      await node.start();
      // The first makes the database that the others copy.
      if (name === 'one') await this.primary();
    }
    await this.startProxy();
    await this.isWhole();
  }

  private async startProxy(): Promise<void> {
    const file = join(this.folder, 'haproxy.cfg');
    await writeFile(
      file,
      `defaults
  mode tcp
  timeout connect 2s
  timeout client 1h
  timeout server 1h
listen postgres
  bind 127.0.0.1:${this.port}
  option httpchk OPTIONS /primary
  http-check expect status 200
  default-server inter 1s fall 2 rise 1 on-marked-down shutdown-sessions
${this.nodes.map((node) => `  server ${node.name} 127.0.0.1:${node.port} check port ${node.apiPort}\n`).join('')}`,
    );
    await this.startOther('haproxy', ['-f', file]);
  }

  private async startOther(program: string, args: string[]): Promise<void> {
    this.others.push(await startProgram(program, args, this.folder, program));
  }

  private async folderFor(name: string): Promise<string> {
    const folder = join(this.folder, name);
    await mkdir(folder, { mode: 0o700 });
    if (account) await chown(folder, account.uid, account.gid);
    return folder;
  }
}

/** A Postgres and the Patroni that looks after it. */
class Node {
  private patroni?: ChildProcess;

  constructor(
    readonly name: string,
    private readonly folder: string,
    readonly port: number,
    readonly apiPort: number,
    private readonly etcd: string,
  ) {}

  get api(): string {
    return `http://127.0.0.1:${this.apiPort}`;
  }

  answers(path: string): Promise<boolean> {
    return isOk(`${this.api}${path}`);
  }

  async start(): Promise<void> {
    const file = join(this.folder, 'patroni.yml');
    // JSON is YAML too.
    await writeFile(file, JSON.stringify(this.configuration()));
    this.patroni = await startProgram('patroni', [file], this.folder, 'patroni', account);
  }

  /** As when its machine loses power: nobody says goodbye. */
  async kill(): Promise<void> {
    const ended = this.patroni && once(this.patroni, 'exit');
    const pids = [this.patroni!.pid!, ...(await this.postgresPids())];
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await ended;
    this.patroni = undefined;
  }

  /** Postgres alone; Patroni sees it. */
  async killPostgres(): Promise<void> {
    for (const pid of await this.postgresPids()) process.kill(pid, 'SIGKILL');
  }

  async stop(): Promise<void> {
    if (this.patroni) await stop(this.patroni);
    this.patroni = undefined;
  }

  private async postgresPids(): Promise<number[]> {
    const postmaster = Number((await readFile(join(this.folder, 'data', 'postmaster.pid'), 'utf8')).split('\n')[0]);
    const { stdout } = await run('ps', ['--ppid', String(postmaster), '-o', 'pid=']);
    return [postmaster, ...stdout.trim().split(/\s+/).map(Number)];
  }

  private configuration() {
    const account = { username: 'postgres' };
    return {
      scope: 'vestibule',
      name: this.name,
      restapi: { listen: `127.0.0.1:${this.apiPort}`, connect_address: `127.0.0.1:${this.apiPort}` },
      etcd3: { hosts: this.etcd },
      bootstrap: {
        dcs: {
          ttl: 20,
          loop_wait: 5,
          retry_timeout: 5,
          // A Postgres that ended is not waited for: the standby takes over at once.
          primary_start_timeout: 0,
          synchronous_mode: true,
          postgresql: { use_pg_rewind: true, parameters: { max_connections: 100, shared_buffers: '32MB' } },
        },
        initdb: [{ encoding: 'UTF8' }, { locale: 'C' }, 'data-checksums'],
        pg_hba: ['host all all 127.0.0.1/32 trust', 'host replication all 127.0.0.1/32 trust'],
      },
      postgresql: {
        listen: `127.0.0.1:${this.port}`,
        connect_address: `127.0.0.1:${this.port}`,
        bin_dir: binaries(),
        data_dir: join(this.folder, 'data'),
        parameters: { unix_socket_directories: '' },
        authentication: { superuser: account, replication: account, rewind: account },
      },
    };
  }
}

/** Postgres refuses root. */
const account = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : undefined;

function idOf(kind: '-u' | '-g'): number {
  return Number(execFileSync('id', [kind, 'postgres']));
}

async function startProgram(
  program: string,
  args: string[],
  folder: string,
  log: string,
  as?: { uid: number; gid: number },
): Promise<ChildProcess> {
  const file = await open(join(folder, `${log}.log`), 'a');
  const env = { PATH: `${process.env['PATH']}:/usr/sbin`, HOME: folder, LC_ALL: 'C.UTF-8' };
  const child = spawn(program, args, { cwd: folder, env, stdio: ['ignore', file.fd, file.fd], ...as });
  await once(child, 'spawn');
  await file.close();
  return child;
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

const isOk = (url: string) =>
  fetch(url, { signal: AbortSignal.timeout(1_000) }).then(
    ({ ok }) => ok,
    () => false,
  );

async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  for (const giveUpAt = Date.now() + 120_000; !(await isSo()); await delay(200)) {
    if (Date.now() > giveUpAt) throw new Error(`Waited for two minutes for ${what}`);
  }
}

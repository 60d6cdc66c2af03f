import { fork, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CHECKOUT = fileURLToPath(new URL('..', import.meta.url));

/** A server under load, as its own process. */
export class ServerProcess {
  private static readonly started = new Set<ServerProcess>();
  private static isOver = false;

  private constructor(
    readonly name: string,
    readonly url: string,
    private readonly child: ChildProcess,
  ) {
    ServerProcess.started.add(this);
    if (ServerProcess.isOver) child.kill('SIGKILL');
  }

  /** All servers that were started, ready or not. */
  static async stopAll(): Promise<void> {
    ServerProcess.isOver = true;
    await Promise.all([...ServerProcess.started].map((server) => server.stop()));
  }

  /**
   * The built server as the image runs it. Its log goes nowhere, but is written.
   *
   * @param checkout the folder of the version to run; by default this one
   */
  static async vestibule(
    port: number,
    env: Record<string, string>,
    name = 'vestibule',
    checkout = CHECKOUT,
  ): Promise<ServerProcess> {
    const main = join(checkout, 'dist/main.js');
    const child = spawn(process.execPath, [...profiling(name), '--max-semi-space-size=8', main], {
      env: {
        ...process.env,
        ...env,
        NODE_ENV: 'production',
        MALLOC_ARENA_MAX: '2',
        HOST: '127.0.0.1',
        PORT: String(port),
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const server = new ServerProcess(name, `http://127.0.0.1:${port}`, child);
    await server.ready();
    return server;
  }

  static async bare(port: number, env: Record<string, string>): Promise<ServerProcess> {
    const child = fork(fileURLToPath(new URL('./bare.ts', import.meta.url)), {
      execArgv: ['--import', 'tsx', ...profiling('bare')],
      env: { ...process.env, ...env, PORT: String(port) },
    });
    const server = new ServerProcess('bare', `http://127.0.0.1:${port}`, child);
    await once(child, 'message');
    return server;
  }

  private async ready(): Promise<void> {
    for (;;) {
      if (this.child.exitCode !== null) throw new Error(`${this.name} ended with ${this.child.exitCode}`);
      const answer = await fetch(`${this.url}/health/ready`).catch(() => undefined);
      if (answer?.ok) return;
      await delay(50);
    }
  }

  /** Processor time used so far, in microseconds. */
  cpuMicroseconds(): number {
    const stat = readFileSync(`/proc/${this.child.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return (ticks * 1_000_000) / TICKS_PER_SECOND;
  }

  /** Resident memory, in megabytes. */
  residentMegabytes(): number {
    const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.child.pid}/status`, 'utf8')) ?? [];
    return Number(kilobytes) / 1024;
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
  }
}

/** Of /proc; 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/** With BENCH_PROFILE set to a folder, each server leaves a CPU profile there. */
function profiling(name: string): string[] {
  const folder = process.env['BENCH_PROFILE'];
  return folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`, `--cpu-prof-name=${name}.cpuprofile`];
}

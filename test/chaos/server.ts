import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { hurriedMain } from '../process/checkout.js';

const run = promisify(execFile);
const path = (file: string) => fileURLToPath(new URL(`../../${file}`, import.meta.url));
const POLL_MS = 20;

/** Nobody would wait for all that a destination has failed to take. */
const DEADLINES = { eventFirstPause: 20 };

/** The built server as production runs it, but for those. */
export class Server {
  private child!: ChildProcess;

  constructor(
    readonly port: number,
    private readonly env: Record<string, string>,
  ) {}

  /** Resolves when it is ready. */
  async start(more: Record<string, string> = {}): Promise<void> {
    this.child = spawn(process.execPath, hurriedMain(DEADLINES), {
      cwd: path('.'),
      env: { PATH: process.env['PATH'], ...this.env, ...more, PORT: String(this.port), HOST: '127.0.0.1' },
      stdio: ['ignore', process.env['CHAOS_LOG'] ? 'inherit' : 'ignore', 'inherit'],
    });
    await this.ready();
  }

  get origin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async ready(): Promise<void> {
    while (!(await fetch(`${this.origin}/health/ready`).catch(() => undefined))?.ok) {
      if (this.child.exitCode !== null) throw new Error(`The server has ended with ${this.child.exitCode}`);
      await delay(POLL_MS);
    }
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    await exited;
  }
}

export async function tokenFor(env: Record<string, string>): Promise<string> {
  const { stdout } = await run(process.execPath, [path('bin/vestibule.js'), 'token'], {
    env: { ...process.env, ...env },
  });
  return stdout.trim();
}

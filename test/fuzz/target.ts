import { execFile, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../process/ports.js';

const run = promisify(execFile);
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const COMMAND_LINE = fileURLToPath(new URL('../../bin/vestibule.js', import.meta.url));
const PROBE = fileURLToPath(new URL('memory-probe.mjs', import.meta.url));
const ENV = { NODE_ENV: 'production', HOST: '127.0.0.1', PUBLIC_URL: 'https://vestibule.example' };
const SETTLE = 20;

/** The built server as production runs it, in a process that tells what it holds. */
export class Target {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
    readonly token: string,
  ) {}

  static async start(env: Record<string, string>): Promise<Target> {
    const port = await freePort();
    const all = { ...process.env, ...ENV, ...env };
    const { stdout } = await run(process.execPath, [COMMAND_LINE, 'token', '--expires-in', '86400'], { env: all });
    const child = fork(MAIN, {
      execArgv: ['--expose-gc', '--import', PROBE],
      env: { ...all, PORT: String(port) },
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const target = new Target(child, port, stdout.trim());
    await target.ready();
    return target;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** @param settled after all garbage is collected @param snapshot file for one of the heap */
  async memory(settled = false, snapshot?: string): Promise<NodeJS.MemoryUsage> {
    this.child.send({ settle: settled ? SETTLE : 0, snapshot });
    const [usage] = (await once(this.child, 'message')) as [NodeJS.MemoryUsage];
    return usage;
  }

  async stop(): Promise<void> {
    if (this.hasEnded) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
  }

  private async ready(): Promise<void> {
    for (;;) {
      if (this.hasEnded) throw new Error('The server has ended');
      const answer = await fetch(`http://127.0.0.1:${this.port}/health/ready`).catch(() => undefined);
      if (answer?.ok) return;
      await delay(50);
    }
  }
}

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, cp, mkdir, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { Deadlines } from '../../src/config/config.js';

const run = promisify(execFile);
const ROOT = process.cwd();
const PARTS = 'bin dist prisma src package.json openapi.json prisma.config.ts tsconfig.json tsconfig.build.json'.split(
  ' ',
);

/** What Node has to be told, in a folder of the built server, for one with other deadlines. */
export const hurriedMain = (deadlines: Partial<Deadlines>): string[] => [
  '--input-type=module',
  '--eval',
  `import { loadConfig } from './dist/config/config.js';
   import { runOrExplain } from './dist/run-or-explain.js';
   import { serve } from './dist/serve.js';
   const config = loadConfig(process.env);
   const deadlines = { ...config.deadlines, ...${JSON.stringify(deadlines)} };
   await runOrExplain(() => serve({ ...config, deadlines }));`,
];

const ANY_PORTS = { PORT: '0', TLS_PORT: '0' };

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export const isRoot = process.getuid?.() === 0;
export const NOBODY: Account = { uid: 65534, gid: 65534 };

export interface CheckoutOptions {
  /** The owner of its files and commands, by default the user of the tests. */
  account?: Account;
  /** Of the folder above the checkout, as in a home directory that nobody else may enter. */
  parentMode?: number;
}

/** The built service in a folder of its own, so that it starts without a `.data` folder and leaves none behind. */
export class Checkout {
  private readonly children = new Set<Command>();

  private constructor(
    private readonly parent: string,
    private readonly account?: Account,
  ) {}

  static async create({ account, parentMode }: CheckoutOptions = {}): Promise<Checkout> {
    const parent = await mkdtemp(join(tmpdir(), 'vestibule-checkout-'));
    const checkout = new Checkout(parent, account);
    const { folder } = checkout;
    await mkdir(folder);
    for (const part of PARTS) {
      // With their times, by which the build sees that it has nothing to do.
      await cp(join(ROOT, part), join(folder, part), { recursive: true, preserveTimestamps: true });
    }
    const modules = [join(ROOT, 'node_modules'), join(folder, 'node_modules')] as const;
    // Only where it matters who may enter the folder, what npm installed must lie in it.
    if (account || parentMode) await copyTree(...modules);
    else await symlink(...modules);
    await chmod(parent, parentMode ?? 0o755);
    if (account) await Promise.all([parent, folder].map((path) => chown(path, account.uid, account.gid)));
    return checkout;
  }

  get folder(): string {
    return join(this.parent, 'checkout');
  }

  get data(): string {
    return join(this.folder, '.data');
  }

  /** `vestibule …` as `npx` runs it. */
  vestibule(args: string[], env: Record<string, string> = {}): Command {
    return this.spawn([process.execPath, 'bin/vestibule.js', ...args], env);
  }

  /** The server as `npm start` runs it once it is built. */
  server(env: Record<string, string> = {}): Command {
    return this.spawn([process.execPath, 'dist/main.js'], { ...ANY_PORTS, ...env });
  }

  /** The same with other deadlines, which no variable can set. */
  hurriedServer(deadlines: Partial<Deadlines>, env: Record<string, string> = {}): Command {
    return this.spawn([process.execPath, ...hurriedMain(deadlines)], { ...ANY_PORTS, ...env });
  }

  /** Nothing of the environment of the tests but where programs are. */
  spawn([file, ...args]: string[], env: Record<string, string> = {}): Command {
    const command = new Command(
      spawn(file!, args, {
        cwd: this.folder,
        env: { PATH: process.env['PATH'], HOME: this.parent, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
        // A process group of its own, so that a test can see whether any of it is left.
        detached: true,
        ...this.account,
      }),
    );
    this.children.add(command);
    return command;
  }

  /** Stops running processes, and removes the folder. */
  async remove(): Promise<void> {
    const running = [...this.children].filter((command) => !command.hasEnded);
    await Promise.all(running.map((command) => command.stop()));
    await rm(this.parent, { recursive: true, force: true });
  }
}

export interface Outcome {
  /** Null when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program under test while it runs. */
export class Command {
  stdout = '';
  stderr = '';
  readonly ended: Promise<Outcome>;

  constructor(private readonly child: ChildProcess) {
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = once(child, 'close').then(([code, signal]) => ({
      code: code as number | null,
      signal: signal as NodeJS.Signals | null,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }

  get pid(): number {
    return this.child.pid!;
  }

  get hasEnded(): boolean {
    return this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Resolves when neither it nor any child in its group runs any more. A child that stays makes the test time out. */
  async groupHasEnded(): Promise<void> {
    await untilNone(({ group }) => group === this.pid);
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<Outcome> {
    this.signal(signal);
    return this.ended;
  }

  /** What the pattern finds in the output, as soon as it is there. Fails when the program ends without it. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.stdout);
      if (found) return found;
      if (this.hasEnded) {
        const { code, stdout, stderr } = await this.ended;
        const late = pattern.exec(stdout);
        if (late) return late;
        throw new Error(`Ended with ${code} and without ${String(pattern)}:\n${stdout}\n${stderr}`);
      }
      await Promise.race([once(this.child.stdout!, 'data'), this.ended]);
    }
  }

  /** Where it listens, as soon as it has said all it says at the start. */
  async listening(): Promise<{ http: string; https: string }> {
    await this.says(/Stop with Ctrl-C/);
    const [, http, https] = await this.says(/listens on (http:\S+) and (https:\S+)/);
    return { http: http!, https: https! };
  }
}

interface Process {
  pid: number;
  group: number;
}

/** What runs on this system. One that has ended counts as gone, also while nobody has asked for its exit code yet. */
async function processes(): Promise<Process[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,pgid=,stat=']);
  return stdout
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/ +/))
    .filter(([, , state]) => !state?.startsWith('Z'))
    .map(([pid, group]) => ({ pid: Number(pid), group: Number(group) }));
}

async function untilNone(isWanted: (process: Process) => boolean): Promise<void> {
  while ((await processes()).some(isWanted)) await delay(20);
}

export const isAlive = async (pid: number) => (await processes()).some((process) => process.pid === pid);

/** Resolves when there is no such process any more. One that stays makes the test time out. */
export const hasEnded = (pid: number) => untilNone((process) => process.pid === pid);

/** Hard links where that is possible: a copy of what npm installed takes half a minute, this a second. */
async function copyTree(from: string, to: string): Promise<void> {
  await run('cp', ['-RlP', await realpath(from), to]).catch(async () => {
    await rm(to, { recursive: true, force: true });
    await cp(from, to, { recursive: true, verbatimSymlinks: true });
  });
}

import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = process.cwd();

export interface Account {
  readonly uid: number;
  readonly gid: number;
}

export interface CheckoutOptions {
  /** Whom its files belong to and its commands run as; default: whoever runs the tests. */
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
    for (const part of ['bin', 'dist', 'prisma', 'package.json', 'openapi.json']) {
      await cp(join(ROOT, part), join(folder, part), { recursive: true });
    }
    await copyTree(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
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
    return this.spawn([process.execPath, 'dist/main.js'], { PORT: '0', TLS_PORT: '0', ...env });
  }

  /** Nothing of the environment of the tests but where programs are. */
  spawn([file, ...args]: string[], env: Record<string, string> = {}): Command {
    const command = new Command(
      spawn(file!, args, {
        cwd: this.folder,
        env: { PATH: process.env['PATH'], HOME: this.parent, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
        ...this.account,
      }),
    );
    this.children.add(command);
    return command;
  }

  /** Stops what is still running, and removes the folder. */
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

/** Hard links where that is possible: a copy of what npm installed takes half a minute, this a second. */
async function copyTree(from: string, to: string): Promise<void> {
  await run('cp', ['-Rl', from, to]).catch(async () => {
    await rm(to, { recursive: true, force: true });
    await cp(from, to, { recursive: true, verbatimSymlinks: true });
  });
}

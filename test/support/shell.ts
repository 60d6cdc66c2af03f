import { spawn, type SpawnOptionsWithoutStdio } from 'node:child_process';
import { once } from 'node:events';

const MARK = '--- end of the script, exit code';

/** A session of bash that runs scripts one after the other, like a terminal. */
export class Shell {
  private readonly bash;
  private output = '';

  /** @param options the user and the folder */
  constructor(env: Record<string, string>, options: SpawnOptionsWithoutStdio = {}) {
    this.bash = spawn('bash', ['--noprofile', '--norc'], { env: { PATH: process.env['PATH'], ...env }, ...options });
    this.bash.stdout.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    this.bash.stderr.setEncoding('utf8').on('data', (text: string) => (this.output += text));
  }

  /** Returns the output. @throws Error when the script fails */
  async run(script: string): Promise<string> {
    this.output = '';
    this.bash.stdin.write(`${script}\nprintf '\\n%s %d\\n' '${MARK}' $?\n`);
    for (;;) {
      const [, printed, code] = new RegExp(`^(.*?)\\n?${MARK} (\\d+)\\n$`, 's').exec(this.output) ?? [];
      if (printed !== undefined && code === '0') return printed;
      if (printed !== undefined) throw new Error(`Ended with ${code}:\n${script}\n${printed}`);
      await once(this.bash.stdout, 'data');
    }
  }

  async end(): Promise<void> {
    this.bash.stdin.end();
    await once(this.bash, 'close');
  }
}

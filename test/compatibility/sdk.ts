import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ManagementClient } from 'auth0';

/** The SDK's client in another process. A method that gives pages gives all their rows. */
export type Remote<T> = {
  [Key in keyof T]: T[Key] extends (...args: infer Args) => PromiseLike<infer Result>
    ? (...args: Args) => Promise<Result extends AsyncIterable<infer Row> ? Row[] : Result>
    : Remote<T[Key]>;
};

/** What the SDK threw: the class by its name, and what it holds. */
export class SdkError extends Error {
  constructor(readonly thrown: { name: string; statusCode: number; body: unknown }) {
    super(`${thrown.name}: ${JSON.stringify(thrown.body)}`);
  }
}

type Reply = { id: number; value?: unknown; error?: SdkError['thrown'] };

export interface SdkSession {
  readonly client: Remote<ManagementClient>;
  close(): Promise<void>;
}

/**
 * @param options of `new ManagementClient(options)`
 * @param authority file with the certificate to trust
 */
export async function openSdkSession(
  options: ConstructorParameters<typeof ManagementClient>[0],
  authority: string,
): Promise<SdkSession> {
  const child = fork(join(import.meta.dirname, 'sdk-session.mjs'), [JSON.stringify(options)], {
    env: { PATH: process.env['PATH'], NODE_EXTRA_CA_CERTS: authority },
    execArgv: [],
  });
  const waiting = new Map<number, (reply: Reply) => void>();
  await once(child, 'message');
  child.on('message', (reply: Reply) => waiting.get(reply.id)?.(reply));
  child.once('exit', (code) => {
    const error = { name: 'SessionEnded', statusCode: 0, body: `exit code ${code}` };
    for (const [id, settle] of waiting) settle({ id, error });
  });
  let calls = 0;
  const call = (path: string[], args: unknown[]) =>
    new Promise((resolve, reject) => {
      const id = calls++;
      waiting.set(id, ({ value, error }) => {
        waiting.delete(id);
        if (error) reject(new SdkError(error));
        else resolve(value);
      });
      child.send({ id, path, args });
    });
  return { client: proxy([], call) as Remote<ManagementClient>, close: () => end(child) };
}

/** `client.organizations.list(…)` calls `list` at the path `organizations`. */
function proxy(path: string[], call: (path: string[], args: unknown[]) => Promise<unknown>): unknown {
  return new Proxy(() => undefined, {
    get: (_, name) => proxy([...path, String(name)], call),
    apply: (_, __, args: unknown[]) => call(path, args),
  });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, 'exit');
  child.disconnect();
  await exited;
}

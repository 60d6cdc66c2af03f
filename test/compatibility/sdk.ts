import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ManagementClient } from 'auth0';
import { developmentCertificate } from '../../src/dev/certificate.js';
import { tlsCredentials } from '../../src/resources.js';
import { startApp, type TestApp } from '../support/app.js';

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

/** What the SDK tells of a call besides its result: `client.organizations.get(id).withRawResponse()` is `raw(client.organizations.get)(id)`. */
export function raw<Args extends unknown[], Result>(
  method: (...args: Args) => Promise<Result>,
): (...args: Args) => Promise<{ data: Result; headers: Record<string, string> }> {
  return (method as unknown as { withRawResponse: ReturnType<typeof raw<Args, Result>> }).withRawResponse;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = once(child, 'exit');
  child.disconnect();
  await exited;
}

/** The SDK's own error class, with the service's answer as its body. */
export async function thrownBy(call: Promise<unknown>): Promise<unknown> {
  return call.then(
    () => 'nothing',
    (error: unknown) => {
      if (error instanceof SdkError) return error.thrown;
      throw error;
    },
  );
}

export interface SdkApp {
  readonly app: TestApp;
  /** With a token that has every scope. */
  readonly client: Remote<ManagementClient>;
  /** File with the certificate to trust. */
  readonly authority: string;
}

/** As `useApp`, with HTTPS and a session of the SDK. The object is filled in when both are there. */
export function useSdk(env: Record<string, string> = {}): SdkApp {
  const sdk = {} as SdkApp;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    const folder = await mkdtemp(join(tmpdir(), 'vestibule-tls-'));
    const tls = await tlsCredentials({ port: 0, certificate: await developmentCertificate(join(folder, 'tls')) });
    const { app, stop: stopApp } = await startApp({ tls, env });
    const authority = join(folder, 'tls', 'ca.pem');
    const options = { domain: `localhost:${app.server.httpsPort}`, token: await app.issuer.token() };
    const session = await openSdkSession(options, authority);
    Object.assign(sdk, { app, client: session.client, authority });
    stop = async () => {
      await session.close();
      await stopApp();
      await rm(folder, { recursive: true });
    };
  });
  afterAll(() => stop());
  return sdk;
}

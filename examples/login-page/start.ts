// `npm run example`: Vestibule with a database of its own, what the example needs in it, and the login page.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { acquireEmbeddedPostgres } from '../../src/dev/embedded-postgres.js';
import { developmentKey } from '../../src/dev/encryption-key.js';
import { stopSignal } from '../../src/stop-signal.js';
import { createLoginPage } from './app.js';
import { ORGANIZATION_NAMES, PEOPLE, seed } from './seed.js';
import { Vestibule } from './vestibule.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
/** Where the example keeps everything, unless Postgres cannot enter there. Without the folder it starts from nothing. */
const place = fileURLToPath(new URL('.data', import.meta.url));

const HOST = '127.0.0.1';
const { PORT = '3200', VESTIBULE_PORT = '3100', PATH, STATE_DIRECTORY } = process.env;

const stop = stopSignal();

try {
  await serve();
  process.exit();
} catch (error) {
  if (stop.aborted) process.exit();
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}

async function serve(): Promise<void> {
  const database = await acquireEmbeddedPostgres(place, {}, stop);
  let server: RunningVestibule | undefined;
  try {
    const keyFile = join(database.home, 'encryption.key');
    await developmentKey(keyFile);
    // What a server with a database of its own needs; the development server's certificate and `.data/` stay untouched.
    const env = {
      PATH,
      STATE_DIRECTORY,
      NODE_ENV: 'production',
      DATABASE_URL: database.url,
      ENCRYPTION_KEY_FILE: keyFile,
      HOST,
      PORT: VESTIBULE_PORT,
      PUBLIC_URL: `http://${HOST}:${VESTIBULE_PORT}`,
    };
    server = await startVestibule(env);
    const token = await vestibule(env, 'token');
    const tokenFile = join(database.home, 'token');
    await writeFile(tokenFile, token, { mode: 0o600 });
    const api = `${server.url}/api/v2`;
    const { organizationIds, connectionIds } = await seed(api, token);
    const row = `${api}/organizations/${organizationIds.get('acme')}/enabled_connections/${connectionIds.get('acme-okta')}`;

    const page = await createLoginPage({
      vestibule: new Vestibule({ url: server.url, ...(await credentials(env, database.home)) }),
      organizations: ORGANIZATION_NAMES,
      people: PEOPLE,
    });
    try {
      announce({
        page: await page.listen({ host: HOST, port: Number(PORT) }),
        vestibule: server.url,
        data: database.home,
        tokenFile,
        row,
      });
      await Promise.race([aborted(), server.ended]);
      throw new Error('Vestibule has ended.');
    } finally {
      await page.close();
    }
  } finally {
    await server?.end();
    await database.release();
  }
}

interface RunningVestibule {
  readonly url: string;
  readonly ended: Promise<unknown>;
  end(): Promise<unknown>;
}

/** The server, as soon as it says where it listens. */
async function startVestibule(env: NodeJS.ProcessEnv): Promise<RunningVestibule> {
  // In a process group of its own, so that Ctrl-C reaches this process alone, which then ends it once.
  const child = spawn(process.execPath, ['dist/main.js'], {
    cwd: root,
    env,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const end = () => {
    child.kill('SIGTERM');
    return ended;
  };
  try {
    const port = await Promise.race([portOf(child), ended.then(() => undefined), aborted()]);
    if (port === undefined) throw new Error('Vestibule did not start.');
    return { url: `http://${HOST}:${port}`, ended, end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** It logs a line of JSON for each thing that happens. */
function portOf({ stdout }: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    createInterface(stdout!).on('line', (line) => {
      const { msg, httpPort } = JSON.parse(line) as { msg?: string; httpPort?: number };
      if (msg === 'listening' && httpPort !== undefined) resolve(httpPort);
    });
  });
}

async function aborted(): Promise<never> {
  if (!stop.aborted) await once(stop, 'abort');
  throw stop.reason;
}

/** The command line, with the same database. @returns what it printed */
async function vestibule(env: NodeJS.ProcessEnv, ...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, ['bin/vestibule.js', ...args], {
    cwd: root,
    env,
    signal: stop,
  });
  return stdout.trim();
}

/** The login page's own, made once: the secret is told only then. They open the questions of a login page, and nothing else. */
async function credentials(env: NodeJS.ProcessEnv, home: string): Promise<{ clientId: string; clientSecret: string }> {
  const file = join(home, 'credentials');
  let printed = await readFile(file, 'utf8').catch(() => undefined);
  if (printed === undefined) {
    printed = await vestibule(env, 'client', 'create', 'login-page', '--scope', 'evaluate:logins');
    await writeFile(file, printed, { mode: 0o600 });
  }
  const [, clientId = '', clientSecret = ''] = /^client_id: +(\S+)\nclient_secret: +(\S+)$/.exec(printed) ?? [];
  return { clientId, clientSecret };
}

interface Announcement {
  readonly page: string;
  readonly vestibule: string;
  readonly data: string;
  readonly tokenFile: string;
  /** Of Acme and its Okta. */
  readonly row: string;
}

function announce({ page, vestibule, data, tokenFile, row }: Announcement): void {
  const here = (path: string) => (path.startsWith(root) ? relative(process.cwd(), path) : path);
  const lines = [
    '',
    `The login page is at ${page}`,
    ...ORGANIZATION_NAMES.map((name) => `  ${page}/${name}`),
    `Vestibule is at ${vestibule}, with its data in ${here(data)}`,
    'To let Acme admit only its members from now on, in another terminal:',
    `  TOKEN=$(cat ${here(tokenFile)})`,
    `  curl -X PATCH -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\`,
    `    -d '{"assign_membership_on_login": false}' \\`,
    `    ${row}`,
    'Stop with Ctrl-C.',
    '',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

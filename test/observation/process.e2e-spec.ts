import { eventually } from '../support/clock.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { Checkout } from '../process/checkout.js';
import { freePort } from '../process/ports.js';

let checkout: Checkout;
let database: TestDatabase;

beforeAll(async () => {
  [checkout, database] = await Promise.all([Checkout.create(), createDatabase()]);
});
afterAll(async () => {
  await checkout.remove();
  await database.drop();
});

/** The server, which says at its end which packages for observation it has loaded. */
function serve(env: Record<string, string>) {
  const main = `
    import { createRequire } from 'node:module';
    import { loadConfig } from './dist/config/config.js';
    import { serve } from './dist/serve.js';
    await serve(loadConfig(process.env));
    const loaded = Object.keys(createRequire(import.meta.url).cache).join(' ');
    console.log('Loaded:', [...new Set(loaded.match(/prom-client|@opentelemetry.(?!api)[\\w-]+/g))].sort().join(' '));`;
  const command = [process.execPath, '--input-type=module', '--eval', main];
  return checkout.spawn(command, { PORT: '0', TLS_PORT: '0', DATABASE_URL: database.url, ...env });
}

async function loadedBy(env: Record<string, string>): Promise<string> {
  const server = serve(env);
  await eventually(
    () => Promise.resolve(server.stdout),
    (text) => text.includes('Stop with Ctrl-C'),
  );
  const { code, stdout } = await server.stop();
  expect(code).toBe(0);
  return /Loaded: (.*)\n/.exec(stdout)![1]!;
}

describe('The process', () => {
  it('does not load metrics and tracing unless they are configured', async () => {
    expect(await loadedBy({})).toBe('');
  });

  it('loads metrics when configured, and exits as without them', async () => {
    expect(await loadedBy({ METRICS_PORT: '0' })).toBe('prom-client');
  });

  it('loads tracing when configured, and exits also when no collector answers', async () => {
    const port = await freePort();
    const loaded = await loadedBy({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` });
    expect(loaded).toContain('@opentelemetry/exporter-trace-otlp-http');
    expect(loaded).not.toContain('prom-client');
  });

  it('exits with one line that names the variable when it cannot listen on a port', async () => {
    const other = serve({ METRICS_PORT: '0' });
    await eventually(
      () => Promise.resolve(other.stdout),
      (text) => text.includes('Stop with Ctrl-C'),
    );
    const [, port] = /Metrics: http:\/\/localhost:(\d+)\/metrics\n/.exec(other.stdout)!;
    const env = { DATABASE_URL: database.url, METRICS_PORT: port! };
    expect(await checkout.server(env).ended).toMatchObject({
      code: 1,
      stderr: `METRICS_PORT: got "${port}", takes a port that no other program uses on 127.0.0.1\n`,
    });
    await other.stop();
  });
});

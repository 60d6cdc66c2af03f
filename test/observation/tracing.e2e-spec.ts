import { randomBytes } from 'node:crypto';
import { startApp, type TestApp } from '../support/app.js';
import { eventually } from '../support/clock.js';
import { createConnection, createEnabled, createUser } from '../support/factories.js';
import { TraceSink, type SinkSpan } from '../support/trace-sink.js';

const SERVER = 2;
const CLIENT = 3;
const INTERNAL = 1;
const ERROR = 2;

const callers = () => ({ traceId: randomBytes(16).toString('hex'), spanId: randomBytes(8).toString('hex') });
type Caller = ReturnType<typeof callers>;

/** Runs a server for the work, and stops it, by which it sends what it has. */
async function traced(work: (app: TestApp) => Promise<void>, env: Record<string, string> = {}): Promise<TraceSink> {
  const sink = await TraceSink.open();
  try {
    const { app, stop } = await startApp({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.origin, ...env } });
    await work(app).finally(stop);
  } finally {
    await sink.close();
  }
  return sink;
}

const sendAs = ({ traceId, spanId }: Caller, app: TestApp, method: string, path: string, body?: object) =>
  app.api.request(method, path, {
    headers: { traceparent: `00-${traceId}-${spanId}-01`, ...(body && { 'content-type': 'application/json' }) },
    body: body && JSON.stringify(body),
  });

/** The spans of a trace: each name with those below it. */
function treeOf(spans: readonly SinkSpan[], parent: string): object {
  const below = spans.filter(({ parentSpanId }) => parentSpanId === parent);
  return Object.fromEntries(below.map(({ name, spanId }) => [name, treeOf(spans, spanId)]));
}

describe('With OTEL_EXPORTER_OTLP_ENDPOINT', () => {
  it("a request is a span of the caller's trace, with its service below it and the statements below that", async () => {
    const [get, create, decide] = [callers(), callers(), callers()];
    let userId = '';
    const sink = await traced(async (app) => {
      const { organization, connection, path } = await createEnabled(app.api, 'okta', {
        assign_membership_on_login: true,
      });
      userId = (await createUser(app.api, { connection: connection.name })).user_id;
      expect((await sendAs(get, app, 'GET', path)).status).toBe(200);
      const body = { name: `secret-${get.spanId}`, strategy: 'okta' };
      expect((await sendAs(create, app, 'POST', '/connections', body)).status).toBe(201);
      const question = {
        intent: 'login',
        organization: organization.id,
        connection: connection.id,
        user: { user_id: userId },
      };
      expect((await sendAs(decide, app, 'POST', '/login/decisions', question)).status).toBe(200);
    });

    expect([...sink.paths]).toEqual(['POST /v1/traces']);
    expect(sink.resource).toMatchObject({ 'service.name': 'vestibule', 'service.version': '0.1.0' });
    const of = ({ traceId }: Caller) => sink.spans.filter((span) => span.traceId === traceId);
    const route = '/api/v2/organizations/:id/enabled_connections/:connectionId';
    expect(treeOf(of(get), get.spanId)).toEqual({
      [`GET ${route}`]: { 'EnabledConnectionsController.get': { organization_connection_get: {} } },
    });
    expect(treeOf(of(create), create.spanId)).toEqual({
      'POST /api/v2/connections': { 'ConnectionsController.create': { $executeRaw: {}, 'Connection.create': {} } },
    });
    expect(treeOf(of(decide), decide.spanId)).toEqual({
      'POST /login/decisions': {
        'LoginController.decide': {
          login_decide: {},
          $executeRaw: {},
          $queryRawUnsafe: {},
          'OrganizationMember.createMany': {},
        },
      },
    });
    const [request, service, statement] = ['GET', 'Enabled', 'organization'].map((start) =>
      of(get).find(({ name }) => name.startsWith(start))!,
    );
    expect(request).toMatchObject({ kind: SERVER, status: { code: 0 } });
    expect(request!.attributes).toEqual({
      'http.request.method': 'GET',
      'http.route': route,
      'http.response.status_code': 200,
      'vestibule.request_id': expect.any(String) as string,
    });
    expect(service).toMatchObject({ kind: INTERNAL, attributes: {} });
    expect(statement).toMatchObject({ kind: CLIENT, status: { code: 0 } });
    expect(statement!.attributes).toEqual({
      'db.system.name': 'postgresql',
      'db.query.summary': 'organization_connection_get',
    });
    for (const secret of ['secret-', userId, 'org_', 'con_', 'Bearer']) expect(sink.received).not.toContain(secret);
  });

  it('a failed span has an error type from a closed set and no message, and a 4xx is not an error', async () => {
    const [taken, stranger] = [callers(), callers()];
    const sink = await traced(async (app) => {
      const { name } = await createConnection(app.api, 'okta');
      expect((await sendAs(taken, app, 'POST', '/connections', { name, strategy: 'okta' })).status).toBe(409);
      expect((await sendAs(stranger, { ...app, api: app.api.as('x') }, 'GET', '/connections')).status).toBe(401);
    });
    const of = ({ traceId }: Caller) => sink.spans.filter((span) => span.traceId === traceId);
    expect(of(taken).find(({ name }) => name === 'Connection.create')).toMatchObject({
      status: { code: ERROR },
      attributes: { 'error.type': 'connection_name_taken' },
    });
    expect(of(taken).find(({ kind }) => kind === SERVER)).toMatchObject({
      status: { code: 0 },
      attributes: { 'http.response.status_code': 409 },
    });
    expect(of(stranger).map(({ name, attributes }) => [name, attributes['http.response.status_code']])).toEqual([
      ['GET /api/v2/connections', 401],
    ]);
  });

  it('probes are not traced, unknown paths are no names, and callers can disable sampling', async () => {
    const sink = await traced(async (app) => {
      await fetch(`${app.api.origin}/health/ready`);
      await fetch(`${app.api.origin}/no/such/path`);
      await app.api.request('GET', '/connections', {
        headers: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-00` },
      });
      await app.api.request('GET', '/organizations', { headers: { traceparent: 'nonsense' } });
    });
    const requests = sink.spans.filter(({ kind }) => kind === SERVER);
    expect(requests.map(({ name }) => name)).toEqual(['GET', 'GET /api/v2/organizations']);
  });

  it('the standard variables for the URL of traces and the service name are supported', async () => {
    const other = await TraceSink.open();
    const sink = await traced(async (app) => void (await app.api.get('/connections')), {
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${other.origin}/elsewhere`,
      OTEL_SERVICE_NAME: 'connections',
    });
    await other.close();
    expect([...other.paths]).toEqual(['POST /elsewhere']);
    expect(other.resource).toMatchObject({ 'service.name': 'connections' });
    expect(sink.spans).toEqual([]);
  });

  it('nothing is traced with OTEL_SDK_DISABLED=true', async () => {
    const sink = await traced(async (app) => void (await app.api.get('/connections')), { OTEL_SDK_DISABLED: 'true' });
    expect([...sink.paths]).toEqual([]);
  });

  it('requests are answered while the collector fails, which is logged once', async () => {
    const sink = await TraceSink.open();
    const { origin } = sink;
    await sink.close();
    const { app, stop } = await startApp({ env: { OTEL_EXPORTER_OTLP_ENDPOINT: origin } });
    for (let round = 0; round < 3; round++) expect((await app.api.get('/connections')).status).toBe(200);
    await stop();
    const said = await eventually(
      () => Promise.resolve(app.log.filter(({ context }) => context === 'Tracing')),
      (lines) => lines.length > 0,
    );
    expect(said).toHaveLength(1);
    expect(said[0]!['msg']).toMatch(/^Spans are lost, the collector fails: /);
  });
});

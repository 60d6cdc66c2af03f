import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { eventually } from '../support/clock.js';
import { createDatabase, type TestDatabase } from '../support/databases.js';
import { Checkout } from './checkout.js';

describe('A server that is told to stop', () => {
  let checkout: Checkout;
  let database: TestDatabase;

  beforeAll(async () => {
    [checkout, database] = await Promise.all([Checkout.create(), createDatabase()]);
  });
  afterAll(async () => {
    await checkout.remove();
    await database.drop();
  });

  it('reports that it is not ready, and serves until load balancers have noticed', async () => {
    const server = checkout.hurriedServer({ drain: 3_000 }, { DATABASE_URL: database.url });
    const { http } = await server.listening();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const live = async () => {
      const sent = request(`${http}/health/live`, { agent }).end();
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      const { statusCode: status, headers } = answer;
      return { status, body: await json(answer), connection: headers.connection, wasKept: sent.reusedSocket };
    };
    const ok = { status: 200, body: { status: 'ok' } };
    expect(await live()).toEqual({ ...ok, connection: 'keep-alive', wasKept: false });

    server.signal('SIGTERM');
    const ready = await eventually(
      () => fetch(`${http}/health/ready`),
      ({ status }) => status !== 200,
    );
    expect({ status: ready.status, body: await ready.json() }).toEqual({
      status: 503,
      body: { status: 'unavailable' },
    });
    expect(await live()).toEqual({ ...ok, connection: 'close', wasKept: true });
    expect(await live()).toEqual({ ...ok, connection: 'close', wasKept: false });
    expect((await server.ended).code).toBe(0);
  });
});

import { connect, type Socket } from 'node:net';
import { once } from 'node:events';
import { load, median, type Subject } from './measure.js';
import { OPERATIONS } from './operations.js';
import { organizationId } from './seed.js';
import { ServerProcess } from './server-process.js';

const STARTS = 5;
const SLOW_CLIENTS = 64;
const SLOW_CLIENT_ROUNDS = 5;
const SLOW_CLIENT_SECONDS = 4;
const LISTINGS = 300;
const DEEP_ROW = 900_000;

/** Median time from the start of the process on a migrated database until it is ready. */
export async function timeToReady(port: number, env: Record<string, string>, checkout?: string): Promise<number> {
  const times: number[] = [];
  for (let start = 0; start < STARTS; start++) {
    const startedAt = performance.now();
    const server = await ServerProcess.vestibule(port, env, 'start', checkout);
    times.push(performance.now() - startedAt);
    await server.stop();
  }
  return median(times);
}

/** The p99 of other clients while some hold half a request open, alternating with and without those. */
export async function slowClients(subject: Subject): Promise<number> {
  const get = OPERATIONS.find(({ name }) => name === 'GET one')!;
  const ratios: number[] = [];
  for (let round = 0; round < SLOW_CLIENT_ROUNDS; round++) {
    const without = await load(get, subject, SLOW_CLIENT_SECONDS);
    const clients = await Promise.all(Array.from({ length: SLOW_CLIENTS }, () => halfARequest(subject)));
    const beside = await load(get, subject, SLOW_CLIENT_SECONDS);
    for (const client of clients) client.destroy();
    ratios.push(beside.p99 / without.p99);
  }
  return median(ratios);
}

async function halfARequest({ server, token }: Subject): Promise<Socket> {
  const { hostname, port } = new URL(server.url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(
    `PATCH /api/v2/organizations/${organizationId(0)} HTTP/1.1\r\nHost: ${hostname}\r\nAuthorization: Bearer ${token}\r\n` +
      'Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"display_name":',
  );
  return socket;
}

/** Median time of a page of organizations far down the list, in relation to the first page. */
export async function depthOfListing({ server, token }: Subject): Promise<number> {
  const page = async (from?: string) => {
    const startedAt = performance.now();
    const query = from === undefined ? '' : `&from=${encodeURIComponent(from)}`;
    const answer = await fetch(`${server.url}/api/v2/organizations?take=50${query}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    if (!answer.ok) throw new Error(`A page of organizations: ${answer.status} ${await answer.text()}`);
    const { organizations, next } = (await answer.json()) as { organizations: unknown[]; next: string };
    if (organizations.length !== 50) throw new Error(`A page of ${organizations.length} organizations`);
    return { milliseconds: performance.now() - startedAt, next };
  };
  const deep = checkpointLike((await page()).next, DEEP_ROW);
  const ratios: number[] = [];
  for (let listing = 0; listing < LISTINGS; listing++) {
    ratios.push((await page(deep)).milliseconds / (await page()).milliseconds);
  }
  return median(ratios);
}

/** What the service would give out after this row of the seeded organizations, where it gave out `next` after another. */
function checkpointLike(next: string, row: number): string {
  const [order] = JSON.parse(Buffer.from(next, 'base64url').toString()) as [string];
  const createdAt = new Date(Date.parse('2026-01-01T00:00:00Z') + row).toISOString();
  return Buffer.from(JSON.stringify([order, createdAt, organizationId(row)])).toString('base64url');
}

import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';

/** Returns a free port, which the system does not reuse for a while. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

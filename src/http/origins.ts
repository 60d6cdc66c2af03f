import { isIPv6 } from 'node:net';

/** What a program on the same machine reaches by that name. */
const LOCALHOST = ['localhost', '127.0.0.1', '::1', '0.0.0.0', '::'];

/** Where clients on the same machine find a server that listens on `host`: HTTP first, then HTTPS if it has it. */
export function originsOf(host: string, httpPort: number, httpsPort?: number): [http: string, ...https: string[]] {
  const name = LOCALHOST.includes(host) ? 'localhost' : isIPv6(host) ? `[${host}]` : host;
  const http = `http://${name}:${httpPort}`;
  return httpsPort === undefined ? [http] : [http, `https://${name}:${httpsPort}`];
}

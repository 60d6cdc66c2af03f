import { isIPv6 } from 'node:net';

/** Hosts that a program on the same machine reaches as localhost. */
const LOCALHOST = ['localhost', '127.0.0.1', '::1', '0.0.0.0', '::'];

/** Returns the origins under which clients on the same machine reach a server that listens on `host`. */
export function originsOf(host: string, httpPort: number, httpsPort?: number): [http: string, ...https: string[]] {
  const name = LOCALHOST.includes(host) ? 'localhost' : isIPv6(host) ? `[${host}]` : host;
  const http = `http://${name}:${httpPort}`;
  return httpsPort === undefined ? [http] : [http, `https://${name}:${httpsPort}`];
}

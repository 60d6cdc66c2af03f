import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { plainErrorBody } from './error-body.js';

const STATUS_OF = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 413],
  ['HPE_HEADER_OVERFLOW', 431],
]);

/** How long a client that has been refused may go on sending before it is cut off. */
const LINGER_MS = 2_000;

/**
 * Answers bytes that never became a request, and closes the connection. One that broke, or whose TLS handshake failed,
 * has nobody to answer. Nothing is logged: the error holds what was sent, tokens included.
 *
 * Node calls it again for whatever comes behind such bytes.
 */
export function answerClientError({ code = '' }: NodeJS.ErrnoException, socket: Duplex): void {
  if (socket.writableEnded) return;
  const status = STATUS_OF.get(code) ?? (code.startsWith('HPE_') ? 400 : undefined);
  if (status === undefined || !socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(plainAnswer(status));
  cutOffLater(socket);
}

/** TCP withdraws an answer from a client whose bytes are left unread when its connection closes. So they are read. */
function cutOffLater(socket: Duplex): void {
  socket.resume();
  const cutOff = setTimeout(() => socket.destroy(), LINGER_MS).unref();
  socket.once('close', () => clearTimeout(cutOff));
}

function plainAnswer(status: number): string {
  const body = plainErrorBody(status);
  const text = JSON.stringify(body);
  return (
    `HTTP/1.1 ${status} ${body.error}\r\nContent-Type: application/json; charset=utf-8\r\n` +
    `Content-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`
  );
}

/** Of a request that Node, left to itself, would refuse without a body. */
export function statusOfRefusal({ httpVersion, headers }: IncomingMessage): number | undefined {
  if (httpVersion === '1.1' && headers.host === undefined) return 400;
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue') return 417;
  return undefined;
}

/** Whether the body of a request has not wholly arrived. */
export function isStillSending({ complete, headers }: IncomingMessage): boolean {
  return !complete && (headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0);
}

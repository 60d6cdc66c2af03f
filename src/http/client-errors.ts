import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { plainErrorBody } from './error-body.js';

const STATUS_OF = new Map([
  ['ERR_HTTP_REQUEST_TIMEOUT', 408],
  ['HPE_CHUNK_EXTENSIONS_OVERFLOW', 413],
  ['HPE_HEADER_OVERFLOW', 431],
]);

/** How long a refused client may go on sending before its connection is closed. */
const LINGER_MS = 2_000;

/**
 * Answers bytes that are not a request, and closes the connection. Does not answer on a broken connection or after a failed
 * TLS handshake. Logs nothing: the error contains the bytes, tokens included.
 *
 * Node calls it again for the bytes that follow.
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

/** Reads on for a while: closing a connection with unread bytes makes TCP discard the answer. */
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

/** Returns the status of a request that Node by itself would refuse without a body, or undefined for any other. */
export function statusOfRefusal({ httpVersion, headers }: IncomingMessage): number | undefined {
  if (httpVersion === '1.1' && headers.host === undefined) return 400;
  if (headers.expect !== undefined && headers.expect.toLowerCase() !== '100-continue') return 417;
  return undefined;
}

/** Whether a part of the request's body has not arrived yet. */
export function isStillSending({ complete, headers }: IncomingMessage): boolean {
  return !complete && (headers['transfer-encoding'] !== undefined || Number(headers['content-length']) > 0);
}

import type { Socket } from 'node:net';
import type pg from 'pg';

/** Longer than any statement may take, after which Postgres says at least that it took too long. */
const SILENCE = { looks: 4, everyMs: 3_000 };

/**
 * Closes the connection when nothing comes for so long while something is asked: its server is gone, and the network has
 * nobody who says so. Without this TCP would try for a quarter of an hour, and the pool would lack the connection.
 */
export function giveUpWhenSilent(connected: pg.ClientBase, { looks, everyMs } = SILENCE): void {
  const client = connected as pg.Client & { readonly readyForQuery: boolean };
  const stream = client.connection.stream as Socket;
  let heard = stream.bytesRead;
  let silentLooks = 0;
  const timer = setInterval(() => {
    const isSilent = !client.readyForQuery && stream.bytesRead === heard;
    silentLooks = isSilent ? silentLooks + 1 : 0;
    heard = stream.bytesRead;
    if (silentLooks > looks) stream.destroy();
  }, everyMs).unref();
  client.once('end', () => clearInterval(timer));
}

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { lookUpTxtOverDns } from './txt-records.js';

const HEADER_BYTES = 12;
const QUESTION_TAIL_BYTES = 4;

describe('looking TXT records up over DNS', () => {
  let socket: Socket | undefined;

  afterEach(() => void socket?.close());

  /** A name server on this machine. @param answer the pieces of the one record of every name; silent when undefined */
  async function serve(answer: readonly string[] | undefined): Promise<string> {
    const server = createSocket('udp4');
    socket = server;
    server.on('message', (query, { port, address }) => {
      if (answer) server.send(respond(query, answer), port, address);
    });
    server.bind(0, '127.0.0.1');
    await once(server, 'listening');
    return `127.0.0.1:${server.address().port}`;
  }

  it('gives the record in its pieces', async () => {
    const server = await serve(['first', 'second']);
    expect(await lookUpTxtOverDns([server])('_ss-verification.org_1.acme.com')).toEqual([['first', 'second']]);
  });

  it('gives none for a name that has none', async () => {
    const server = await serve([]);
    expect(await lookUpTxtOverDns([server])('acme.com')).toEqual([]);
  });

  it('gives none, and within ten seconds, when the server is silent', async () => {
    const server = await serve(undefined);
    const start = performance.now();
    expect(await lookUpTxtOverDns([server])('acme.com')).toEqual([]);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});

/** A response of RFC 1035 to a query with one question. */
function respond(query: Buffer, pieces: readonly string[]): Buffer {
  const nameEnd = query.indexOf(0, HEADER_BYTES) + 1;
  const question = query.subarray(HEADER_BYTES, nameEnd + QUESTION_TAIL_BYTES);
  const count = pieces.length === 0 ? 0 : 1;
  const header = Buffer.from([0, 0, 0x81, 0x80, 0, 1, 0, count, 0, 0, 0, 0]);
  query.copy(header, 0, 0, 2);
  const data = Buffer.concat(pieces.map((piece) => Buffer.from([piece.length, ...Buffer.from(piece)])));
  // The name by a pointer to the question, type TXT, class IN, no time to live.
  const record = Buffer.from([0xc0, HEADER_BYTES, 0, 16, 0, 1, 0, 0, 0, 0, 0, data.length]);
  return Buffer.concat(count === 0 ? [header, question] : [header, question, record, data]);
}

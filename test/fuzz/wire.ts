import { connect, type Socket } from 'node:net';

export interface WireAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Longer than the server may think about any request. */
const GIVE_UP_MS = 60_000;
/** What a broken request has not been answered by then, it will not be: it waits for more that never comes. */
const BROKEN_WAIT_MS = 150;

/** A client that sends any bytes, over a connection that it keeps while the answers allow. */
export class Wire {
  private socket?: Socket;

  constructor(private readonly port: number) {}

  /** @throws Error when there is no whole answer */
  async ask(bytes: Buffer, method: string): Promise<WireAnswer> {
    // An idle connection may have been closed at that moment; nothing was answered on it, nor done.
    const reader = new Reader(method);
    const socket = this.socket ?? (await this.dial());
    this.socket = undefined;
    const received = await exchange(socket, bytes, GIVE_UP_MS, (data) => reader.add(data));
    const answer = reader.answer;
    if (answer === undefined)
      throw new Error(`no whole answer: ${JSON.stringify(received.toString('latin1').slice(0, 300))}`);
    const isLast = answer.headers.get('connection') === 'close' || socket.destroyed;
    if (isLast || isEndless(answer) || reader.rest > 0) socket.destroy();
    else this.socket = socket;
    // A HEAD that is refused before its method is known is answered as any other request, and for the last time.
    if (reader.rest > 0 && !(method === 'HEAD' && answer.headers.get('connection') === 'close'))
      throw new Error(`${reader.rest} bytes more than an answer`);
    return answer;
  }

  /** All answers to bytes that are no proper request; none may come. */
  async provoke(bytes: Buffer, method: string): Promise<WireAnswer[]> {
    const socket = await this.dial();
    const received = await exchange(socket, bytes, BROKEN_WAIT_MS, () => false);
    socket.destroy();
    const answers: WireAnswer[] = [];
    for (let rest = received; rest.length > 0;) {
      const reader = new Reader(method);
      reader.add(rest);
      // What is cut off by our leaving is not the server's fault.
      if (reader.answer === undefined) break;
      answers.push(reader.answer);
      rest = rest.subarray(rest.length - reader.rest);
    }
    return answers;
  }

  close(): void {
    this.socket?.destroy();
  }

  private dial(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port: this.port, host: '127.0.0.1', noDelay: true }, () => {
        socket.off('error', reject);
        // `close` resolves the waiting promise.
        socket.on('error', () => undefined);
        resolve(socket);
      }).once('error', reject);
    });
  }
}

/** An event stream does not end, so only its beginning is read. */
export const isEndless = ({ headers }: Pick<WireAnswer, 'headers'>) =>
  headers.get('content-type') === 'text/event-stream';

/** Sends the bytes and collects what comes until it is enough, the server closes, or the time is over. */
function exchange(
  socket: Socket,
  bytes: Buffer,
  milliseconds: number,
  isEnough: (data: Buffer) => boolean,
): Promise<Buffer> {
  return new Promise((resolve) => {
    const received: Buffer[] = [];
    const timer = setTimeout(() => finish(), milliseconds);
    const onData = (data: Buffer) => {
      received.push(data);
      if (isEnough(data)) finish();
    };
    const finish = () => {
      clearTimeout(timer);
      socket.off('data', onData).off('close', finish);
      resolve(Buffer.concat(received));
    };
    socket.on('data', onData).on('close', finish);
    if (socket.destroyed) finish();
    else socket.write(bytes);
  });
}

/** Reads one answer from what comes. */
class Reader {
  answer?: WireAnswer;
  /** Bytes behind the answer. */
  rest = 0;
  private received = Buffer.alloc(0);

  constructor(private readonly method: string) {}

  /** @returns whether the answer is whole */
  add(data: Buffer): boolean {
    this.received = this.received.length === 0 ? Buffer.from(data) : Buffer.concat([this.received, data]);
    const end = this.received.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const [statusLine = '', ...lines] = this.received.toString('latin1', 0, end).split('\r\n');
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1]);
    if (status < 200) {
      const behind = this.received.subarray(end + 4);
      this.received = Buffer.alloc(0);
      return behind.length > 0 && this.add(behind);
    }
    const headers = new Headers(
      lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const length = this.hasBody(status) ? Number(headers.get('content-length') ?? 0) : 0;
    const from = end + 4;
    if (isEndless({ headers })) {
      this.answer = { status, headers, text: '' };
      return true;
    }
    if (headers.has('transfer-encoding')) throw new Error('an answer in chunks, which this client cannot read');
    if (this.received.length < from + length) return false;
    this.answer = { status, headers, text: this.received.toString('utf8', from, from + length) };
    this.rest = this.received.length - from - length;
    return true;
  }

  private hasBody(status: number): boolean {
    return this.method !== 'HEAD' && status !== 204 && status !== 304;
  }
}

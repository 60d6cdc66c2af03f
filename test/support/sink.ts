import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { eventually } from './clock.js';
import { expectEvent } from './event-schemas.js';

/** An event as it arrived. */
export interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** To the letter, as it was signed. */
  readonly text: string;
  readonly event: ReceivedEvent;
  /** The answer. */
  readonly status: number;
}

export interface ReceivedEvent {
  readonly id: string;
  readonly type: string;
  readonly time: string;
  readonly a0stream: string;
  readonly data: {
    readonly object: Record<string, unknown> & { id?: string };
    readonly previous_object?: Record<string, unknown>;
    readonly context: Record<string, unknown>;
  };
}

/** What to answer: a status, with headers; or nothing at all. */
export type Behaviour = (event: ReceivedEvent, path: string) => Reply | 'silence';
interface Reply {
  readonly status: number;
  readonly headers?: Record<string, string>;
}

/** A destination of events in this process, which records them. */
export class Sink {
  /** Without a path. */
  url = '';
  readonly received: Received[] = [];
  behaviour: Behaviour = () => ({ status: 204 });
  private readonly server: Server;

  private constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const event = JSON.parse(text) as ReceivedEvent;
        const path = request.url!;
        const reply = this.behaviour(event, path);
        const { status, headers } = reply === 'silence' ? { status: 0 } : { headers: undefined, ...reply };
        this.received.push({ path, headers: request.headers, text, event, status });
        if (reply !== 'silence') response.writeHead(status, headers).end();
      });
    });
  }

  static async start(): Promise<Sink> {
    const sink = new Sink();
    sink.server.listen(0, '127.0.0.1');
    await once(sink.server, 'listening');
    sink.url = `http://127.0.0.1:${(sink.server.address() as AddressInfo).port}`;
    return sink;
  }

  /** Those that it has taken, each once, in the order of their first arrival. */
  get taken(): Received[] {
    const seen = new Set<string>();
    return this.received.filter(({ status, event }) => {
      if (status < 200 || status >= 300 || seen.has(event.id)) return false;
      seen.add(event.id);
      return true;
    });
  }

  /** Until it has taken as many events as are wanted, or one that is. Each of them is held against its schema. */
  async until(isWanted: (taken: readonly Received[]) => boolean): Promise<Received[]> {
    const taken = await eventually(() => Promise.resolve(this.taken), isWanted);
    for (const { event } of taken) expectEvent(event);
    return taken;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}

/** Declares a sink for the tests of the describe block it is called in. */
export function useSink(): { sink: Sink } {
  const used = {} as { sink: Sink };
  beforeAll(async () => void (used.sink = await Sink.start()));
  afterAll(() => used.sink.stop());
  return used;
}

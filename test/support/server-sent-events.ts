import type { TestApp } from './app.js';
import type { ReceivedEvent } from './sink.js';

export interface Message {
  readonly id?: string;
  readonly event?: string;
  readonly data: { offset?: string; event?: ReceivedEvent };
}

/** A client of `GET /events`. Closes the connection at the end of the work. */
export async function listening<T>(
  app: TestApp,
  query: string,
  headers: Record<string, string>,
  work: (next: () => Promise<Message>, response: Response) => Promise<T>,
): Promise<T> {
  const closing = new AbortController();
  const response = await fetch(`${app.api.origin}/api/v2/events${query}`, {
    headers: { authorization: `Bearer ${app.api.token}`, ...headers },
    signal: closing.signal,
  });
  const messages = parse(response.body!);
  try {
    return await work(async () => (await messages.next()).value as Message, response);
  } finally {
    closing.abort();
  }
}

/** Comments are left out. */
async function* parse(body: ReadableStream<Uint8Array>): AsyncGenerator<Message> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2)) {
      const lines = text.slice(0, end).split('\n');
      const pairs = lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)] as const);
      const { '': _comment, data, ...fields } = Object.fromEntries(pairs);
      if (data !== undefined) yield { ...fields, data: JSON.parse(data) as Message['data'] };
    }
  }
}

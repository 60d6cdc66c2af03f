import { setMaxListeners } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { AppConfig } from '../config/config.js';
import { DomainError } from '../errors/domain-error.js';
import { invalidCheckpoint } from '../http/pagination.js';
import { eventOf, eventSourceOf } from './domain/event.js';
import { eventTypeOf, type EventType } from './domain/event-type.js';
import { Outbox } from './outbox.repository.js';

/** Concurrent readers of one server, which bounds their memory and sockets. */
const MAX_READERS = 100;
const BATCH = 50;
/** The stream id in pulled events, so that every reader gets the same event ids. */
const PULLED = `est_${'0'.repeat(22)}`;

/** Where a reader begins; an empty one begins with the next change. */
export interface StartingPoint {
  /** The sequence number of the change to begin after. */
  readonly offset?: number;
  readonly time?: Date;
}

/** Events as server-sent events, for clients that pull them. */
@Injectable()
export class EventFeed implements BeforeApplicationShutdown {
  private readonly ending = new AbortController();
  private readonly source: ReturnType<typeof eventSourceOf>;
  private readers = 0;

  constructor(
    private readonly config: AppConfig,
    private readonly outbox: Outbox,
  ) {
    this.source = eventSourceOf(config.publicUrl);
    setMaxListeners(MAX_READERS, this.ending.signal);
  }

  /**
   * Returns the feed as text. It reads the next batch only when the last one is consumed, so a slow reader costs no
   * memory.
   *
   * @param types undefined for all types
   * @throws DomainError for too many readers, an unknown offset, or one whose changes are no longer stored
   */
  async open(start: StartingPoint, types: readonly EventType[] | undefined): Promise<AsyncGenerator<string>> {
    if (this.readers >= MAX_READERS) throw new DomainError('too_many_requests');
    const position = await this.positionOf(start);
    return this.read(position, types && new Set<string>(types));
  }

  beforeApplicationShutdown(): void {
    this.ending.abort();
  }

  private async positionOf({ offset, time }: StartingPoint): Promise<number> {
    const [first, drawn] = await this.outbox.bounds();
    if (offset !== undefined) {
      if (offset > drawn) throw invalidCheckpoint();
      if (offset > 0 && first > offset + 1) throw new DomainError('events_gone');
      return offset;
    }
    return time === undefined ? drawn : this.outbox.before(time, first, drawn);
  }

  private async *read(start: number, types: ReadonlySet<string> | undefined): AsyncGenerator<string> {
    this.readers++;
    let wake = new AbortController();
    const onChange = () => wake.abort();
    const unfollow = this.outbox.follow(onChange);
    this.ending.signal.addEventListener('abort', onChange);
    const { eventHeartbeat, eventReading } = this.config.deadlines;
    const endsAt = performance.now() + eventReading;
    let position = start;
    let told = start;
    try {
      // Sent at once, so that the client knows that it is connected.
      yield ': events follow\n\n';
      while (!this.ending.signal.aborted && performance.now() < endsAt) {
        const upTo = this.outbox.committedUpTo;
        if (position < upTo) {
          const changes = await this.outbox.read(position, upTo, BATCH);
          for (const change of changes) {
            const type = eventTypeOf(change);
            if (type === undefined || types?.has(type) === false) continue;
            told = change.sequence;
            yield message(type, told, { offset: String(told), event: eventOf(change, PULLED, this.source) });
          }
          position = changes.length < BATCH ? upTo : changes.at(-1)!.sequence;
          continue;
        }
        await delay(eventHeartbeat, undefined, { signal: wake.signal, ref: false }).catch(() => undefined);
        if (wake.signal.aborted) {
          wake = new AbortController();
          continue;
        }
        yield told < position ? message('offset-only', position, { offset: String(position) }) : ': nothing new\n\n';
        told = position;
      }
    } catch {
      const error = { code: 'processing_error', message: 'Events cannot be read, try again', offset: String(told) };
      yield message('error', told, { error });
    } finally {
      unfollow();
      this.ending.signal.removeEventListener('abort', onChange);
      this.readers--;
    }
  }
}

const message = (type: string, id: number, data: object) =>
  `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;

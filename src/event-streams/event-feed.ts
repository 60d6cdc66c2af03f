import { setMaxListeners } from 'node:events';
import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';
import { AppConfig } from '../config/config.js';
import { DomainError } from '../errors/domain-error.js';
import { invalidCheckpoint } from '../http/pagination.js';
import { eventOf, eventSourceOf } from './domain/event.js';
import { eventTypeOf, type EventType } from './domain/event-type.js';
import { Outbox } from './outbox.repository.js';

/** How many may read at once, so that readers cannot use up this server's memory and sockets. */
const MAX_READERS = 100;
const BATCH = 50;
/** Stands for the stream in the events of those who pull, so that each of them gets the same event ids. */
const PULLED = `est_${'0'.repeat(22)}`;

/** Where to begin. When empty, with what happens from now on. */
export interface StartingPoint {
  /** After the change with this number. */
  readonly offset?: number;
  readonly time?: Date;
}

/** Events for those who pull: as text, in the format of server-sent events. */
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
   * Reads on only when what it gave is taken, so that a slow reader costs no memory.
   *
   * @param types all when absent
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
    const alarm = new Alarm(this.ending.signal);
    const unfollow = this.outbox.follow(() => alarm.ring());
    const { eventHeartbeat, eventReading } = this.config.deadlines;
    const endsAt = performance.now() + eventReading;
    let position = start;
    let told = start;
    try {
      // At once, so that the client knows that it is heard.
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
        } else if (!(await alarm.rings(eventHeartbeat))) {
          yield told < position ? message('offset-only', position, { offset: String(position) }) : ': nothing new\n\n';
          told = position;
        }
      }
    } catch {
      const error = { code: 'processing_error', message: 'Events cannot be read, try again', offset: String(told) };
      yield message('error', told, { error });
    } finally {
      unfollow();
      alarm.end();
      this.readers--;
    }
  }
}

const message = (type: string, id: number, data: object) =>
  `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(data)}\n\n`;

/** What one reader waits for. */
class Alarm {
  private hasRung = false;
  private wake?: (hasRung: boolean) => void;
  private readonly onEnd = () => this.ring();

  constructor(private readonly ending: AbortSignal) {
    ending.addEventListener('abort', this.onEnd);
  }

  ring(): void {
    this.hasRung = true;
    this.wake?.(true);
  }

  /** Whether it rings within this time, or has since it was last asked. */
  async rings(milliseconds: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const rang =
      this.hasRung ||
      (await new Promise<boolean>((resolve) => {
        this.wake = resolve;
        timer = setTimeout(() => resolve(false), milliseconds);
      }));
    clearTimeout(timer);
    this.hasRung = false;
    this.wake = undefined;
    return rang;
  }

  end(): void {
    this.ending.removeEventListener('abort', this.onEnd);
  }
}

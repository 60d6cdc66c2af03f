import { randomUUID } from 'node:crypto';
import { on } from 'node:events';
import pg from 'pg';
import { CONNECT_TIMEOUT_MS } from './pool.js';

/** How often the connection is tried while somebody relies on it. */
const BEAT_MS = 200;
/** For how long after a beat was sent its answer vouches that nothing was missed. */
export const LEASE_MS = 500;
/** A connection that leaves a beat unanswered for so long is given up. */
const SILENCE_MS = 5_000;
/** How long a notification may take to arrive before it counts as swallowed. */
const HEARING_MS = 2_000;

/** Something between here and Postgres, such as a pooler that lends connections by the transaction, passes no notifications on. */
export class NotificationsSwallowed extends Error {
  override name = 'NotificationsSwallowed';
}

/**
 * A connection that listens on one channel, until it breaks. It vouches for itself: Postgres sends the notifications of
 * what was committed before it answers what is asked later, so the answer to a beat says that everything committed
 * before the beat has been heard.
 */
export class Notifications {
  /** Resolves when the connection is gone, whoever ended it. */
  readonly ended: Promise<void>;
  private isOpen = true;
  private isReliedOn = false;
  private beatSentAt?: number;
  private readonly timer: NodeJS.Timeout;

  private constructor(
    private readonly client: pg.Client,
    private readonly backend: number,
    /** When the last beat was sent that has been answered. */
    private confirmedAt: number,
  ) {
    this.ended = new Promise((resolve) => {
      client.once('end', () => {
        this.isOpen = false;
        clearInterval(this.timer);
        resolve();
      });
    });
    this.timer = setInterval(() => this.keepConfirmed(), BEAT_MS).unref();
  }

  /**
   * @param pool another way to the same database, by which it is tried whether notifications arrive
   * @throws NotificationsSwallowed
   */
  static async open(pool: pg.Pool, channel: string, hear: (payload: string) => void): Promise<Notifications> {
    const client = new pg.Client({
      ...pool.options,
      application_name: 'vestibule: changes',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    });
    // Whatever is asked of a connection that broke fails with the reason.
    client.on('error', () => undefined);
    try {
      await client.connect();
      const confirmedAt = performance.now();
      await client.query(`LISTEN ${channel}`);
      await requireHearing(client, pool, channel);
      const backend = await backendOf(client);
      client.on('notification', ({ payload }) => hear(payload ?? ''));
      return new Notifications(client, backend, confirmedAt);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
  }

  /** Whether everything that was committed up to 500 ms ago has been heard. */
  isCurrent(): boolean {
    this.isReliedOn = true;
    if (!this.isOpen) return false;
    if (performance.now() - this.confirmedAt < LEASE_MS) return true;
    if (this.beatSentAt === undefined) void this.beat();
    return false;
  }

  /** How old the last confirmation is; undefined: the connection is gone. */
  get unconfirmedMs(): number | undefined {
    return this.isOpen ? performance.now() - this.confirmedAt : undefined;
  }

  end(): void {
    this.isOpen = false;
    void this.client.end().catch(() => undefined);
  }

  /** Nothing is asked of Postgres for as long as nobody relies on it. */
  private keepConfirmed(): void {
    if (this.beatSentAt !== undefined) {
      if (performance.now() - this.beatSentAt > SILENCE_MS) this.client.connection.stream.destroy();
    } else if (this.isReliedOn) {
      this.isReliedOn = false;
      void this.beat();
    }
  }

  private async beat(): Promise<void> {
    const sentAt = (this.beatSentAt = performance.now());
    try {
      // Another one has not listened: a pooler has lent it.
      if ((await backendOf(this.client)) !== this.backend) return this.end();
      this.confirmedAt = sentAt;
    } catch {
      this.end();
    } finally {
      this.beatSentAt = undefined;
    }
  }
}

async function backendOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  return rows[0]!.pid;
}

/** @throws NotificationsSwallowed */
async function requireHearing(client: pg.Client, pool: pg.Pool, channel: string): Promise<void> {
  const trial = `trial ${randomUUID()}`;
  const trying = new AbortController();
  const { signal } = trying;
  const hearing = (async () => {
    for await (const [{ payload }] of on(client, 'notification', { signal, close: ['end'] })) {
      if (payload === trial) return;
    }
    throw new Error('the connection broke');
  })();
  const giveUp = setTimeout(() => trying.abort(), HEARING_MS);
  try {
    await Promise.all([hearing, pool.query('SELECT pg_notify($1, $2)', [channel, trial])]);
  } catch (error) {
    throw signal.aborted ? new NotificationsSwallowed('notifications do not arrive') : error;
  } finally {
    clearTimeout(giveUp);
  }
}

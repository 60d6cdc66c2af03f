import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';

const WRITERS = 8;
const READERS = 4;
const PAUSE_MS = 5;
const AFTER_A_FAILURE_MS = 50;
/** Longer than the service may take for any answer. */
const GIVE_UP_MS = 30_000;

interface Sample {
  readonly kind: 'read' | 'write';
  readonly at: number;
  readonly milliseconds: number;
  /** 0: none came. */
  readonly status: number;
}

interface Owned {
  readonly id: string;
  /** Of its metadata: sent last, and last that was answered. */
  sent: number;
  answered: number;
}

/** Writes and reads without end, and remembers every answer. */
export class Load {
  readonly samples: Sample[] = [];
  private readonly created: { id: string; name: string }[] = [];
  private readonly owned: Owned[] = [];
  private readonly running: Promise<void>[];
  private isOver = false;

  constructor(
    private readonly origin: string,
    private readonly token: string,
  ) {
    this.running = [
      ...Array.from({ length: WRITERS }, () => this.write()),
      ...Array.from({ length: READERS }, () => this.read()),
    ];
  }

  async end(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.running);
  }

  /** What was answered and is not so in the database. */
  async lost(client: pg.Client): Promise<string[]> {
    const { rows } = await client.query<{ id: string; name: string; changed: string | null }>(
      `SELECT id, name, metadata->>'changed' AS changed FROM organizations`,
    );
    const stored = new Map(rows.map((row) => [row.id, row]));
    const missing = this.created.filter(({ id, name }) => stored.get(id)?.name !== name).map(({ name }) => name);
    const older = this.owned
      .filter(({ id, answered, sent }) => {
        const changed = Number(stored.get(id)?.changed);
        return !(changed >= answered && changed <= sent);
      })
      .map(({ id, answered }) => `${id}: change ${answered}, is ${stored.get(id)?.changed}`);
    return [...missing, ...older];
  }

  get answeredWrites(): number {
    return this.samples.filter(({ kind, status }) => kind === 'write' && status < 300 && status > 0).length;
  }

  private async write(): Promise<void> {
    let owned: Owned | undefined;
    while (!this.isOver) {
      const name = `load-${randomUUID()}`;
      const { status, body } = await this.ask('write', 'POST', '/organizations', { name });
      if (status === 201) {
        const { id } = body as { id: string };
        this.created.push({ id, name });
        if (owned === undefined) this.owned.push((owned = { id, sent: 0, answered: 0 }));
      }
      if (owned) {
        const changed = ++owned.sent;
        const change = { metadata: { changed: String(changed) } };
        if ((await this.ask('write', 'PATCH', `/organizations/${owned.id}`, change)).status === 200) {
          owned.answered = changed;
        }
      }
    }
  }

  private async read(): Promise<void> {
    while (!this.isOver) {
      const known = this.created[Math.floor(Math.random() * this.created.length)];
      if (known) await this.ask('read', 'GET', `/organizations/${known.id}`);
      else await delay(PAUSE_MS);
    }
  }

  private async ask(kind: Sample['kind'], method: string, path: string, body?: object) {
    const at = performance.now();
    const answer = await fetch(`${this.origin}/api/v2${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, ...(body && { 'content-type': 'application/json' }) },
      body: body && JSON.stringify(body),
      signal: AbortSignal.timeout(GIVE_UP_MS),
    }).then(
      async (response) => ({ status: response.status, body: await response.json() }),
      () => ({ status: 0, body: undefined }),
    );
    this.samples.push({ kind, at, milliseconds: performance.now() - at, status: answer.status });
    const isGood = answer.status > 0 && answer.status < 300;
    await delay(isGood ? PAUSE_MS : AFTER_A_FAILURE_MS);
    return answer;
  }
}

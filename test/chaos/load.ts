import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { eventIdOf } from '../../src/event-streams/domain/event.js';
import { EVENT_TYPES } from '../../src/event-streams/domain/event-type.js';
import type { Sink } from '../support/sink.js';
import type { MortalPostgres } from './postgres.js';

const WRITERS = 6;
const CONNECTIONS = 4;
/** Longer than the service may take for any answer. */
const GIVE_UP_MS = 30_000;
const PAUSE_MS = 3;
const AFTER_A_FAILURE_MS = 50;
/** For how long the events that are left may take to arrive. */
const ARRIVAL_MS = 120_000;
/** Part of the names of dry runs. */
const TRIED = 'only tried';

type Kind = 'add' | 'change' | 'remove';

/** A write of one row, which may have been sent several times with one key. */
interface Write {
  readonly kind: Kind;
  /** Tells it from all others, and is kept in the row; a removal has none. */
  readonly mark: string;
  /** Undefined without an answer, or when an error leaves open whether it was done. */
  status?: number;
}

interface Row {
  readonly organizationId: string;
  readonly connectionId: string;
  readonly writes: Write[];
  /** Whether it ought to be there, by the last answer. */
  isThere: boolean;
}

interface Change {
  readonly operation: 'INSERT' | 'UPDATE' | 'DELETE';
  readonly before: { organization_connection_name: string | null } | null;
  readonly after: { organization_connection_name: string | null } | null;
}

/** Writers of organization connections, one a row at a time, who remember every answer; and who hears of all of it. */
export class Load {
  /** By status, 0 without an answer. */
  readonly answers = new Map<number, number>();
  /** Of requests that failed: not answered, or with 5xx. */
  readonly failures: string[] = [];
  lastSuccessAt = 0;
  longestGapMs = 0;
  private readonly rows: Row[] = [];
  private readonly running: Promise<void>[] = [];
  private isOver = false;
  private streamId = '';

  constructor(
    /** Where to send: may change. */
    public port: number,
    private readonly token: string,
    private readonly sink: Sink,
  ) {}

  /** Makes what the writes are about, and begins. */
  async start(): Promise<void> {
    const destination = {
      type: 'webhook',
      configuration: {
        webhook_endpoint: this.sink.url,
        webhook_authorization: { method: 'bearer', token: randomUUID() },
      },
    };
    const subscriptions = EVENT_TYPES.map((event_type) => ({ event_type }));
    this.streamId = (await this.made('/event-streams', { destination, subscriptions })).id;
    const connections = await Promise.all(
      Array.from({ length: CONNECTIONS }, async (_, at) => {
        const name = `chaos-${at}-${randomUUID().slice(0, 8)}`;
        const strategy = at % 2 ? 'okta' : 'auth0';
        return (await this.made('/connections', { name, strategy })).id;
      }),
    );
    for (let writer = 0; writer < WRITERS; writer++) {
      const { id } = await this.made('/organizations', { name: `chaos-${randomUUID()}` });
      const rows = connections.map((connectionId): Row => ({
        organizationId: id,
        connectionId,
        writes: [],
        isThere: false,
      }));
      this.rows.push(...rows);
      this.running.push(this.write(rows, writer));
    }
  }

  async end(): Promise<void> {
    this.isOver = true;
    await Promise.all(this.running);
  }

  get failed(): number {
    return this.failures.length;
  }

  /** Of what came before that which is tried. */
  forgetFailures(): void {
    this.failures.length = 0;
  }

  get answeredWrites(): number {
    return this.rows.flatMap(({ writes }) => writes).filter(({ status }) => status !== undefined && status < 300)
      .length;
  }

  get unansweredWrites(): number {
    return this.rows.flatMap(({ writes }) => writes).filter(({ status }) => status === undefined).length;
  }

  /** Resolves with the milliseconds until the next write that succeeds. */
  async untilServed(since = performance.now()): Promise<number> {
    while (this.lastSuccessAt <= since) await delay(10);
    return this.lastSuccessAt - since;
  }

  /** Answered writes that are not stored exactly once, and rows that break a rule. */
  async faults(postgres: MortalPostgres): Promise<string[]> {
    const faults: string[] = [];
    for (const row of this.rows) {
      const changes = await postgres.query<Change>(
        `SELECT operation, before, after FROM changes
          WHERE organization_id = $1 AND table_name = 'organization_connections' AND row_id = $2 ORDER BY sequence`,
        [row.organizationId, row.connectionId],
      );
      const [stored] = await postgres.query<{ name: string | null }>(
        'SELECT organization_connection_name AS name FROM organization_connections WHERE organization_id = $1 AND connection_id = $2',
        [row.organizationId, row.connectionId],
      );
      const fault = faultOf(row, changes, stored);
      if (fault !== undefined) faults.push(`${row.organizationId} ${row.connectionId}: ${fault}`);
    }
    const broken = await postgres.query(
      `SELECT FROM organization_connections oc JOIN connections c ON c.id = oc.connection_id
        WHERE (oc.is_signup_enabled AND NOT (oc.strategy_kind = 'database' AND oc.assign_membership_on_login))
           OR (NOT oc.show_as_button AND oc.strategy_kind <> 'enterprise') OR oc.strategy_kind <> c.strategy_kind`,
    );
    if (broken.length > 0) faults.push(`${broken.length} rows break a rule`);
    const [tried] = await postgres.query('SELECT FROM changes WHERE after::text LIKE $1 LIMIT 1', [`%${TRIED}%`]);
    if (tried !== undefined) faults.push('what was only tried is in the history');
    return [...faults, ...(await this.faultsOfEvents(postgres))];
  }

  get events(): number {
    return this.sink.taken.length;
  }

  /** Whether each change has arrived, in the order of its organization, and nothing else. */
  private async faultsOfEvents(postgres: MortalPostgres): Promise<string[]> {
    const changes = await postgres.query<{ sequence: string; organizationId: string }>(
      `SELECT sequence, organization_id AS "organizationId" FROM changes
        WHERE table_name IN ('organizations', 'organization_connections') ORDER BY sequence`,
    );
    const sent = new Map<string, string[]>();
    for (const { sequence, organizationId } of changes) {
      if (!sent.has(organizationId)) sent.set(organizationId, []);
      sent.get(organizationId)!.push(eventIdOf(this.streamId, Number(sequence)));
    }
    const giveUpAt = performance.now() + ARRIVAL_MS;
    while (this.events < changes.length && performance.now() < giveUpAt) await delay(50);

    const faults: string[] = [];
    const arrived = this.sink.taken.map(({ event }) => event.id);
    const places = new Map(arrived.map((id, place) => [id, place]));
    for (const [organizationId, ids] of sent) {
      const missing = ids.filter((id) => !places.has(id));
      if (missing.length > 0) faults.push(`${organizationId}: ${missing.length} events have not arrived`);
      const isOrdered = ids.every((id, at) => at === 0 || places.get(ids[at - 1]!)! < places.get(id)!);
      if (missing.length === 0 && !isOrdered) faults.push(`${organizationId}: its events came in another order`);
    }
    const known = new Set([...sent.values()].flat());
    const strange = arrived.filter((id) => !known.has(id));
    if (strange.length > 0) faults.push(`${strange.length} events are of no change`);
    return faults;
  }

  private async write(rows: readonly Row[], writer: number): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let count = 0; !this.isOver; count++) {
      const row = rows[count % rows.length]!;
      const kind: Kind = !row.isThere ? 'add' : (count + writer) % 3 === 0 ? 'remove' : 'change';
      const write: Write = { kind, mark: kind === 'remove' ? '' : randomUUID() };
      row.writes.push(write);
      const key = count % 2 && kind !== 'remove' ? randomUUID() : undefined;
      do {
        write.status = await this.send(agent, row, write, key);
      } while (write.status === undefined && key !== undefined && !this.isOver);
      row.isThere = isThereAfter(row.isThere, kind, write.status);
      if (count % 5 === 0) await this.tryOut(agent, row);
      await delay(PAUSE_MS);
    }
    agent.destroy();
  }

  private async send(agent: Agent, row: Row, { kind, mark }: Write, key?: string): Promise<number | undefined> {
    const path = `/organizations/${row.organizationId}/connections`;
    const flags = { organization_connection_name: mark, assign_membership_on_login: mark < '8' };
    const one = `${path}/${row.connectionId}`;
    const keyed: Record<string, string> = key === undefined ? {} : { 'idempotency-key': key };
    const sent = {
      add: () => this.ask(agent, 'POST', path, { connection_id: row.connectionId, ...flags }, keyed),
      change: () => this.ask(agent, 'PATCH', one, flags, keyed),
      remove: () => this.ask(agent, 'DELETE', one),
    }[kind]();
    const { status, body } = await sent.catch((error: Error) => ({ status: 0, body: error.message }));
    const isFailure = status === 0 || status >= 500;
    if (isFailure) this.failures.push(`${kind}: ${status} ${JSON.stringify(body)}`);
    this.note(status);
    if (isFailure) await delay(AFTER_A_FAILURE_MS);
    // Another request with this key is still running.
    const isOpen = isFailure || (body as { errorCode?: string } | undefined)?.errorCode === 'idempotency_key_in_use';
    return isOpen ? undefined : status;
  }

  /** A write that is rolled back. */
  private async tryOut(agent: Agent, { organizationId }: Row): Promise<void> {
    const path = `/organizations/${organizationId}`;
    const dry = { 'vestibule-dry-run': 'true' };
    await this.ask(agent, 'PATCH', path, { display_name: TRIED }, dry).catch(() => undefined);
  }

  private note(status: number): void {
    this.answers.set(status, (this.answers.get(status) ?? 0) + 1);
    const now = performance.now();
    if (status > 0 && status < 300) {
      if (this.lastSuccessAt > 0) this.longestGapMs = Math.max(this.longestGapMs, now - this.lastSuccessAt);
      this.lastSuccessAt = now;
    }
  }

  private ask(
    agent: Agent | undefined,
    method: string,
    path: string,
    body?: object,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: unknown }> {
    return new Promise((resolve, reject) => {
      const json: Record<string, string> = body ? { 'content-type': 'application/json' } : {};
      const sent = request(
        {
          agent,
          method,
          host: '127.0.0.1',
          port: this.port,
          path: `/api/v2${path}`,
          headers: { authorization: `Bearer ${this.token}`, ...json, ...headers },
          timeout: GIVE_UP_MS,
        },
        (response) => {
          text(response).then(
            (received) =>
              resolve({ status: response.statusCode!, body: received === '' ? undefined : JSON.parse(received) }),
            reject,
          );
        },
      );
      sent.on('timeout', () => sent.destroy(new Error('not answered in time')));
      sent.on('error', reject).end(body && JSON.stringify(body));
    });
  }

  private async made(path: string, body: object): Promise<{ id: string }> {
    const answer = await this.ask(undefined, 'POST', path, body);
    if (answer.status !== 201) throw new Error(`POST ${path} was answered ${answer.status}`);
    return answer.body as { id: string };
  }
}

/** 404 and 409 tell what the state was, which a write that was not decided had left open; 401 changes nothing. */
function isThereAfter(wasThere: boolean, kind: Kind, status?: number): boolean {
  if (status === 401) return wasThere;
  if (status === 404) return false;
  return status === 409 || kind !== 'remove';
}

const OPERATION_OF = { add: 'INSERT', change: 'UPDATE', remove: 'DELETE' } as const;

/** Walks through the record of a row's changes beside what was answered of its writes, which came one after the other. */
function faultOf(
  { writes }: Row,
  changes: readonly Change[],
  stored: { name: string | null } | undefined,
): string | undefined {
  let last: Change['after'] = null;
  for (const { before, after } of changes) {
    if (before?.organization_connection_name !== last?.organization_connection_name)
      return 'a change does not begin where the last one ended';
    last = after;
  }
  if (stored?.name !== last?.organization_connection_name) return `the row is not as its last change left it`;

  const open: Write[] = [];
  let at = 0;
  const isOf = (write: Write) => {
    const change = changes[at];
    return (
      change?.operation === OPERATION_OF[write.kind] &&
      (write.kind === 'remove' || change.after?.organization_connection_name === write.mark)
    );
  };
  /** What was not answered may have been done at any time since, once. */
  const skipUnanswered = () => {
    for (let found = open.findIndex(isOf); found >= 0; found = open.findIndex(isOf)) {
      open.splice(found, 1);
      at++;
    }
  };
  for (const write of writes) {
    if (write.status === undefined) {
      open.push(write);
    } else if (write.status < 300) {
      if (!isOf(write)) skipUnanswered();
      const isThere = at > 0 && changes[at - 1]!.after !== null;
      if (isOf(write)) at++;
      else if (write.kind !== 'remove' || isThere)
        return `${write.kind} ${write.mark} was answered ${write.status} and is not there`;
    }
  }
  skipUnanswered();
  return at < changes.length ? `${changes.length - at} changes more than writes` : undefined;
}

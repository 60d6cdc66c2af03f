import {
  arrayOf,
  bigInteger,
  columns,
  integer,
  json,
  NO_COLUMNS,
  optionalText,
  run,
  text,
  textList,
  time,
  type Queryable,
  type Statement,
} from '../database/statement.js';
import type { Lane } from './domain/change.js';

/** A stream as the server that works on it needs it. */
export interface LeasedStream {
  readonly id: string;
  readonly version: bigint;
  readonly endpoint: string;
  readonly authorization: 'basic' | 'bearer';
  readonly username: string | null;
  readonly sealedSecrets: string;
  readonly eventTypes: readonly string[];
  readonly sequence: number;
  readonly redeliveries: number;
}

const LEASED = columns<LeasedStream>({
  id: text('s.id'),
  version: bigInteger('s.version'),
  endpoint: text('s.endpoint'),
  authorization: text('s."authorization"'),
  username: optionalText('s.username'),
  sealedSecrets: text('s.secrets'),
  eventTypes: textList('s.event_types'),
  sequence: integer('c.sequence'),
  redeliveries: integer('c.redeliveries'),
});

const IS_WORKED_ON: Statement = {
  name: 'any_event_stream',
  text: `SELECT FROM event_streams WHERE status = 'enabled' LIMIT 1`,
  rowOf: NO_COLUMNS,
};

const LEASE: Statement<LeasedStream> = {
  name: 'lease_event_streams',
  text: `
    UPDATE event_stream_cursors c
       SET leased_by = $1, leased_until = clock_timestamp() + $2 * interval '1 millisecond'
      FROM event_streams s
     WHERE s.id = c.stream_id AND s.status = 'enabled'
       AND (c.leased_by = $1 OR c.leased_until IS NULL OR c.leased_until < clock_timestamp())
    RETURNING ${LEASED.list}`,
  rowOf: LEASED.rowOf,
};

const RELEASE: Statement = {
  name: 'release_event_streams',
  text: 'UPDATE event_stream_cursors SET leased_by = NULL, leased_until = NULL WHERE leased_by = $1',
  rowOf: NO_COLUMNS,
};

const ADVANCE: Statement = {
  name: 'advance_event_streams',
  text: `
    UPDATE event_stream_cursors c SET sequence = n.sequence
      FROM unnest($2::text[], $3::bigint[]) AS n (id, sequence)
     WHERE c.stream_id = n.id AND c.leased_by = $1`,
  rowOf: NO_COLUMNS,
};

const PAUSE: Statement = {
  name: 'pause_event_stream',
  text: `
    UPDATE event_streams SET status = 'paused', paused_reason = $2
     WHERE id = $1 AND status = 'enabled'
       AND EXISTS (SELECT FROM event_stream_cursors WHERE stream_id = $1 AND leased_by = $3)`,
  rowOf: NO_COLUMNS,
};

/** How a try to deliver ended, as it is kept and shown. */
export interface KeptAttempt {
  readonly timestamp: string;
  readonly error_message: string;
  /** In milliseconds. */
  readonly duration: number;
}

/** A lane of a stream that waits: for its first event to be taken, or behind those that are being sent again. */
export interface WaitingLane extends Lane {
  /** Everything of the lane before it is delivered. */
  readonly sequence: number;
  /** Undefined: nothing fails any more. */
  readonly failure?: LaneFailure;
  readonly nextAttemptAt: Date;
}

export interface LaneFailure {
  readonly eventId: string;
  readonly eventType: string;
  readonly changedAt: Date;
  readonly since: Date;
  readonly count: number;
  /** The last ones, oldest first. */
  readonly attempts: readonly KeptAttempt[];
}

const optionalTime = (sql: string) => ({
  sql: `extract(epoch FROM ${sql}) * 1000`,
  read: (field: string | null) => (field === null ? null : new Date(Number(field))),
});

const WAITING = columns({
  organizationId: text('organization_id'),
  rowId: text('row_id'),
  sequence: integer('sequence'),
  eventId: optionalText('event_id'),
  eventType: optionalText('event_type'),
  changedAt: optionalTime('changed_at'),
  attempts: json('attempts'),
  failures: integer('failures'),
  failingSince: optionalTime('failing_since'),
  nextAttemptAt: time('next_attempt_at'),
});

const LIST_WAITING: Statement<WaitingLane> = {
  name: 'list_event_deliveries',
  text: `SELECT ${WAITING.list} FROM event_deliveries WHERE stream_id = $1`,
  rowOf: (fields) => {
    const row = WAITING.rowOf(fields);
    const { organizationId, rowId, sequence, nextAttemptAt, failures } = row;
    const failure = failures > 0 && {
      eventId: row.eventId as string,
      eventType: row.eventType as string,
      changedAt: row.changedAt as Date,
      since: row.failingSince as Date,
      count: failures,
      attempts: row.attempts as KeptAttempt[],
    };
    return { organizationId, rowId, sequence, nextAttemptAt, failure: failure || undefined };
  },
};

/** Whoever has lost the lease writes nothing: another server goes by these rows. */
const WHILE_LEASED = (owner: string) =>
  `EXISTS (SELECT FROM event_stream_cursors c WHERE c.stream_id = $1 AND c.leased_by = ${owner})`;

const KEEP_WAITING: Statement = {
  name: 'keep_event_delivery',
  text: `
    INSERT INTO event_deliveries (stream_id, organization_id, row_id, sequence, event_id, event_type, changed_at,
                                  attempts, failures, failing_since, next_attempt_at)
    SELECT $1::text, $2::text, $3::text, $4::bigint, $5::text, $6::text, $7::timestamptz,
           $8::jsonb, $9::int, $10::timestamptz, $11::timestamptz
     WHERE ${WHILE_LEASED('$12')}
    ON CONFLICT (stream_id, organization_id, row_id) DO UPDATE
       SET sequence = excluded.sequence, event_id = excluded.event_id, event_type = excluded.event_type,
           changed_at = excluded.changed_at, attempts = excluded.attempts, failures = excluded.failures,
           failing_since = excluded.failing_since, next_attempt_at = excluded.next_attempt_at`,
  rowOf: NO_COLUMNS,
};

const END_WAITING: Statement = {
  name: 'remove_event_delivery',
  text: `
    DELETE FROM event_deliveries
     WHERE stream_id = $1 AND organization_id = $2 AND row_id = $3 AND ${WHILE_LEASED('$4')}`,
  rowOf: NO_COLUMNS,
};

export async function isAnyEnabled(on: Queryable): Promise<boolean> {
  return (await run(on, IS_WORKED_ON, [])).rows.length > 0;
}

/** Takes the enabled streams that nobody works on, and keeps those that this owner has. */
export async function lease(on: Queryable, owner: string, milliseconds: number): Promise<readonly LeasedStream[]> {
  return (await run(on, LEASE, [owner, milliseconds])).rows;
}

export async function release(on: Queryable, owner: string): Promise<void> {
  await run(on, RELEASE, [owner]);
}

export async function advance(on: Queryable, owner: string, cursors: ReadonlyMap<string, number>): Promise<void> {
  const sequences = `{${[...cursors.values()].join()}}`;
  await run(on, ADVANCE, [owner, arrayOf([...cursors.keys()]), sequences]);
}

export async function pause(on: Queryable, owner: string, streamId: string, reason: string): Promise<void> {
  await run(on, PAUSE, [streamId, reason, owner]);
}

export async function listWaiting(on: Queryable, streamId: string): Promise<readonly WaitingLane[]> {
  return (await run(on, LIST_WAITING, [streamId])).rows;
}

/** @returns whether it was written */
export async function keepWaiting(on: Queryable, owner: string, streamId: string, lane: WaitingLane): Promise<boolean> {
  const { organizationId, rowId, sequence, failure, nextAttemptAt } = lane;
  const { rowCount } = await run(on, KEEP_WAITING, [
    streamId,
    organizationId,
    rowId,
    sequence,
    failure?.eventId ?? null,
    failure?.eventType ?? null,
    failure?.changedAt.toISOString() ?? null,
    JSON.stringify(failure?.attempts ?? []),
    failure?.count ?? 0,
    failure?.since.toISOString() ?? null,
    nextAttemptAt.toISOString(),
    owner,
  ]);
  return rowCount > 0;
}

/** @returns whether it was removed */
export async function endWaiting(on: Queryable, owner: string, streamId: string, lane: Lane): Promise<boolean> {
  const { rowCount } = await run(on, END_WAITING, [streamId, lane.organizationId, lane.rowId, owner]);
  return rowCount > 0;
}

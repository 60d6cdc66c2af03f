import { createHash } from 'node:crypto';
import type { RecordedRow } from '../../changes/domain/change.js';
import { EVENT_NAMES } from '../../organization-connections/domain/settings.js';
import type { RecordedChange } from './change.js';
import { eventTypeOf, type EventType } from './event-type.js';

/** An event in the format of CloudEvents 1.0, with Auth0's extensions. */
export interface CloudEvent {
  readonly specversion: '1.0';
  readonly type: EventType;
  readonly source: string;
  readonly id: string;
  readonly time: string;
  readonly a0tenant: string;
  readonly a0stream: string;
  readonly data: EventData;
}

interface EventData {
  readonly object: Wire;
  readonly previous_object?: Wire;
  readonly context: Wire;
}

type Wire = Record<string, unknown>;

export interface EventSource {
  readonly source: string;
  readonly tenant: string;
}

export function eventSourceOf(publicUrl: string): EventSource {
  const { hostname } = new URL(publicUrl);
  // A tenant name has 3 to 63 of these characters and neither begins nor ends with a dash.
  const name = hostname.replaceAll(/[^a-z0-9]+/g, '-').slice(0, 63);
  const tenant = name.replaceAll(/^-+|-+$/g, '');
  return { source: `urn:auth0:${hostname}`, tenant: tenant.length < 3 ? 'vestibule' : tenant };
}

/** The event of a change, for one stream. Returns undefined when no event type exists for the change. */
export function eventOf(change: RecordedChange, streamId: string, { source, tenant }: EventSource) {
  const type = eventTypeOf(change);
  if (type === undefined) return undefined;
  return {
    specversion: '1.0',
    type,
    source,
    id: eventIdOf(streamId, change.sequence),
    time: change.changedAt.toISOString(),
    a0tenant: tenant,
    a0stream: streamId,
    data: dataOf(type, change, tenant),
  } satisfies CloudEvent;
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_LENGTH = 22;

/** A hash of the stream and the change (131 bits, base 62), so that an event that is sent again has the same id. */
export function eventIdOf(streamId: string, sequence: number): string {
  let rest = BigInt(`0x${createHash('sha256').update(`${streamId} ${sequence}`).digest('hex')}`);
  let id = 'evt_';
  for (let at = 0; at < ID_LENGTH; at++) {
    id += ALPHABET[Number(rest % 62n)];
    rest /= 62n;
  }
  return id;
}

function dataOf(type: EventType, change: RecordedChange, tenant: string): EventData {
  const context = contextOf(change, tenant);
  const show = (row: RecordedRow) => objectOf(type, row, change);
  switch (change.operation) {
    case 'INSERT':
      return { object: show(change.after!), context };
    case 'UPDATE':
      return { object: show(change.after!), previous_object: show(change.before!), context };
    case 'DELETE':
      return { object: show(change.before!), context };
  }
}

function objectOf(type: EventType, row: RecordedRow, change: RecordedChange): Wire {
  switch (type) {
    case 'organization.created':
    case 'organization.updated':
      return { ...organizationOf(row), ...given('branding', brandingOf(row['branding'])) };
    case 'organization.deleted':
      return organizationOf(row);
    case 'organization.connection.added':
    case 'organization.connection.updated':
      return { ...pairOf(row), ...pick(row, EVENT_NAMES) };
    case 'organization.connection.removed':
      return pairOf(row);
    case 'organization.member.added':
    case 'organization.member.deleted':
      return { organization: { id: row['organization_id'] }, user: { user_id: row['user_id'] } };
    case 'user.created':
    case 'user.updated':
      return userOf(row, change);
    case 'user.deleted':
      return { ...userOf(row, change), deleted_at: change.changedAt.toISOString() };
  }
}

const organizationOf = (row: RecordedRow): Wire => pick(row, ['id', 'name', 'display_name', 'metadata']);

/** The parts of the branding that the event schema has. A part stored as null is omitted. */
function brandingOf(branding: unknown): Wire | undefined {
  if (!isObject(branding)) return undefined;
  const { logo_url, colors } = branding;
  return {
    ...given('logo_url', typeof logo_url === 'string' ? logo_url : undefined),
    ...given('colors', isObject(colors) ? pick(colors, ['primary', 'page_background']) : undefined),
  };
}

const pairOf = (row: RecordedRow): Wire => ({
  organization: { id: row['organization_id'] },
  connection: { id: row['connection_id'] },
});

const USER_FIELDS = [
  'user_id',
  'email',
  'email_verified',
  'phone_number',
  'username',
  'name',
  'given_name',
  'family_name',
  'nickname',
  'picture',
  'blocked',
  'user_metadata',
  'app_metadata',
];

function userOf(row: RecordedRow, { connection }: RecordedChange): Wire {
  const userId = String(row['user_id']);
  return {
    ...pick(row, USER_FIELDS),
    ...(row['phone_number'] === null ? undefined : pick(row, ['phone_verified'])),
    identities: [
      {
        connection: connection?.name ?? 'unknown',
        user_id: userId.slice(userId.indexOf('|') + 1),
        provider: connection?.strategy ?? userId.slice(0, userId.indexOf('|')),
        // The event schema counts another Auth0 tenant as a social provider.
        isSocial: connection?.strategy_kind === 'social' || connection?.strategy === 'auth0-oidc',
      },
    ],
    created_at: timeOf(row['created_at']),
    updated_at: timeOf(row['updated_at']),
  };
}

/** The context of the event. A change without a caller's address was not made by a request. */
function contextOf({ actor, clientName }: RecordedChange, tenant: string): Wire {
  const context: Wire = { tenant: { id: tenant } };
  if (actor?.client_id !== undefined && clientName !== null) {
    context['client'] = { id: actor.client_id, name: clientName, metadata: {} };
  }
  if (actor?.ip !== undefined && actor.method !== undefined) {
    const { ip, method, host = '', user_agent = '' } = actor;
    context['request'] = { geo: {}, hostname: host, ip, method, user_agent };
  }
  return context;
}

/** A time in ISO 8601 from one that `row_to_json` wrote with the offset of its session. */
const timeOf = (recorded: unknown): string => new Date(String(recorded)).toISOString();

const isObject = (value: unknown): value is Wire => typeof value === 'object' && value !== null;

const given = (name: string, value: unknown): Wire => (value === undefined ? {} : { [name]: value });

/** The named columns that have a value. */
const pick = (from: RecordedRow, names: readonly string[]): Wire =>
  Object.fromEntries(names.flatMap((name) => ((from[name] ?? null) === null ? [] : [[name, from[name]]])));

import type { RecordedTable } from '../../changes/domain/change.js';

/** Every type of event that this service sends. */
export const EVENT_TYPES = [
  'organization.created',
  'organization.updated',
  'organization.deleted',
  'organization.connection.added',
  'organization.connection.updated',
  'organization.connection.removed',
  'organization.member.added',
  'organization.member.deleted',
  'user.created',
  'user.updated',
  'user.deleted',
] as const;

export type EventType = (typeof EVENT_TYPES)[number];

type ByOperation = Partial<Record<ChangeOperation, EventType>>;

/** Which event a change of a row of a table is. A member that takes another key does not exist. */
const TYPES: Readonly<Record<string, ByOperation>> = {
  organizations: {
    INSERT: 'organization.created',
    UPDATE: 'organization.updated',
    DELETE: 'organization.deleted',
  },
  organization_connections: {
    INSERT: 'organization.connection.added',
    UPDATE: 'organization.connection.updated',
    DELETE: 'organization.connection.removed',
  },
  organization_members: { INSERT: 'organization.member.added', DELETE: 'organization.member.deleted' },
  users: { INSERT: 'user.created', UPDATE: 'user.updated', DELETE: 'user.deleted' },
};

/** The tables whose changes are events. */
export const EVENT_TABLES = Object.keys(TYPES) as RecordedTable[];

export type ChangeOperation = 'INSERT' | 'UPDATE' | 'DELETE';

/** Returns undefined when such a change is not an event. */
export function eventTypeOf({
  table,
  operation,
}: {
  table: string;
  operation: ChangeOperation;
}): EventType | undefined {
  return TYPES[table]?.[operation];
}

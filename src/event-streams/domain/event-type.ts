import type { RecordedTable } from '../../changes/domain/change.js';

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

/** The event type by table and operation. Memberships are never updated. */
const TYPES: Readonly<Record<string, ByOperation>> = {
  organizations: { INSERT: 'organization.created', UPDATE: 'organization.updated', DELETE: 'organization.deleted' },
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

/** Returns undefined when no event type exists for the change. */
export const eventTypeOf = (change: { table: string; operation: ChangeOperation }): EventType | undefined =>
  TYPES[change.table]?.[change.operation];
